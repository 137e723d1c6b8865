// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/bus/bus.hpp>
#include <stentor/bus/bus_options.hpp>
#include <stentor/bus/drain_report.hpp>
#include <stentor/bus/error_record.hpp>
#include <stentor/bus/publisher.hpp>
#include <stentor/event/any_event.hpp>
#include <stentor/event/delivery_report.hpp>
#include <stentor/event/event_id.hpp>
#include <stentor/event/event_traits.hpp>
#include <stentor/event/metadata.hpp>
#include <stentor/event/pattern.hpp>
#include <stentor/event/publish_result.hpp>
#include <stentor/event/topic.hpp>
#include <stentor/metrics/audit.hpp>
#include <stentor/metrics/prometheus_text.hpp>
#include <stentor/metrics/snapshot.hpp>
#include <stentor/registry/context.hpp>
#include <stentor/registry/execution.hpp>
#include <stentor/registry/handler.hpp>
#include <stentor/registry/order.hpp>
#include <stentor/registry/outcome.hpp>
#include <stentor/registry/subscription.hpp>
#include <stentor/registry/subscription_options.hpp>
#include <stentor/version.hpp>
