// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/testing/for_each_seed.hpp>
#include <stentor/testing/history.hpp>
#include <stentor/testing/recording_context.hpp>
#include <stentor/testing/test_bus.hpp>
#include <stentor/testing/test_framework.hpp>
