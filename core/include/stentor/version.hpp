// SPDX-License-Identifier: MIT
#pragma once

#define STENTOR_VERSION_MAJOR 0
#define STENTOR_VERSION_MINOR 1
#define STENTOR_VERSION_PATCH 0
