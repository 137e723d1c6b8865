// SPDX-License-Identifier: MIT
#pragma once

// Names of what users mention in their own headers.
namespace stentor::inline v0 {

class after;
class any_event;
class bus;
class clock;
class context;
class error;
class event_id;
class execution;
class executor;
class loop;
class order;
class outcome;
class pattern;
class publish_result;
class subscription;
class topic;
class validation;
class violations;
class when_full;
struct audit_report;
struct bus_options;
struct bus_snapshot;
struct drain_report;
struct error_record;
struct interceptor;
struct metadata;
struct publish_options;
struct subscription_options;
struct validation_policy;
struct violation;

}  // namespace stentor::inline v0
