#pragma once

#include "model/host/memory_log.hpp"
#include "model/host/pf_submit.hpp"
#include "model/host/udmq.hpp"
#include "model/host/vfio_nvme.hpp"
#include "model/host/vmm/engine.hpp"
#include "model/nvme/state.hpp"
#include "model/vfio/device.hpp"

namespace lmsim::sim::trace {

/// The fields of an event as steps.ndjson names them, for who writes and for who reads them:
/// `visit` gets the name and the field. Bytes are not among them.
template <class Event>
struct StepFields;

template <>
struct StepFields<nvme::Event> {
    template <class Event, class Visit>
    static void each(Event& event, Visit&& visit) {
        visit("kind", event.kind);
        visit("function", event.function);
        visit("queue", event.queue);
        visit("ticket", event.ticket);
        visit("address", event.address);
        visit("value", event.value);
        visit("length", event.length);
        visit("failed", event.failed);
    }
};

template <>
struct StepFields<vfio::Event> {
    template <class Event, class Visit>
    static void each(Event& event, Visit&& visit) {
        visit("kind", event.kind);
        visit("error", event.error);
        visit("ticket", event.ticket);
        visit("target", event.target);
        visit("fd", event.fd);
        visit("length", event.length);
        visit("available", event.available);
        visit("initial", event.initial);
        visit("dirty", event.dirty);
        visit("argsz", event.argsz);
        visit("fatal", event.fatal);
        visit("nonblocking", event.nonblocking);
        visit("positioned", event.positioned);
        visit("producing", event.producing);
        visit("fault", event.fault);
        visit("reply_fault", event.reply_fault);
        visit("reinit", event.reinit);
    }
};

template <>
struct StepFields<host::FlowEvent> {
    template <class Event, class Visit>
    static void each(Event& event, Visit&& visit) {
        visit("kind", event.kind);
        visit("from", event.from);
        visit("to", event.to);
        visit("error", event.error);
        visit("status", event.status);
        visit("dw0", event.dw0);
        visit("ticket", event.ticket);
        visit("value", event.value);
    }
};

template <>
struct StepFields<host::PfEvent> {
    template <class Event, class Visit>
    static void each(Event& event, Visit&& visit) {
        visit("kind", event.kind);
        visit("tag", event.tag);
        visit("status", event.status);
        visit("owner", event.owner);
        visit("dw0", event.dw0);
        visit("dw1", event.dw1);
    }
};

template <>
struct StepFields<host::UdmqEvent> {
    template <class Event, class Visit>
    static void each(Event& event, Visit&& visit) {
        visit("kind", event.kind);
        visit("error", event.error);
        visit("status", event.status);
        visit("ticket", event.ticket);
        visit("dw0", event.dw0);
        visit("count", event.count);
    }
};

template <>
struct StepFields<host::MemoryLogEvent> {
    template <class Event, class Visit>
    static void each(Event& event, Visit&& visit) {
        visit("kind", event.kind);
        visit("error", event.error);
        visit("status", event.status);
        visit("ticket", event.ticket);
        visit("dw0", event.dw0);
        visit("dw1", event.dw1);
    }
};

template <>
struct StepFields<host::vmm::Event> {
    template <class Event, class Visit>
    static void each(Event& event, Visit&& visit) {
        visit("kind", event.kind);
        visit("quota", event.quota);
        visit("exact", event.exact);
        visit("ready", event.ready);
        visit("message", event.message);
        visit("marker", event.marker);
        visit("device", event.device);
        visit("ticket", event.ticket);
        visit("error", event.error);
        visit("now_ms", event.now_ms);
        visit("value0", event.value0);
        visit("value1", event.value1);
        visit("length", event.length);
        visit("now_ns", event.now_ns);
    }
};

}  // namespace lmsim::sim::trace
