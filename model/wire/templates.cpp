#include "model/wire/templates.hpp"

#include <algorithm>
#include <cstring>

#include "model/wire/fields.hpp"
#include "model/wire/layout.hpp"

namespace lmsim::wire {

using spec::Id;

namespace {

/// The bytes of a UUID in a structure: 16, or as many as a dialect gives it there.
std::size_t uuid_room(Id row, std::size_t size, const spec::Rules& rules) {
    const spec::Place place = rules.place(row);
    return place.end_byte() <= size ? std::min<std::size_t>(place.width / 8U, sizeof(Uuid)) : 0;
}

void write_uuid(Id row, const Uuid& uuid, std::uint8_t* to, std::size_t size,
                const spec::Rules& rules) {
    if (const std::size_t room = uuid_room(row, size, rules)) {
        std::memcpy(to + rules.offset(row), uuid.data(), room);
    }
}

Uuid read_uuid(Id row, const std::uint8_t* data, std::size_t size, const spec::Rules& rules) {
    Uuid uuid{};
    if (const std::size_t room = uuid_room(row, size, rules)) {
        std::memcpy(uuid.data(), data + rules.offset(row), room);
    }
    return uuid;
}

bool has_opcode(const Sqe& sqe, Id opcode, const spec::Rules& rules) {
    return rules.on(Id::Templates) && sqe.opcode == rules.value(opcode);
}

Sqe entry(Id opcode, Id sel, const spec::Rules& rules) {
    Sqe blank;
    blank.opcode = static_cast<std::uint8_t>(rules.value(opcode));
    SqeFields fields(blank, rules);
    fields.set(Id::TemplateSel, rules.value(sel));
    return fields.sqe();
}

}  // namespace

bool operator==(const Template& a, const Template& b) {
    return a.uuid == b.uuid && a.cntlid == b.cntlid && a.nsid == b.nsid;
}

void encode(const Template& value, std::uint8_t* to, const spec::Rules& rules) {
    const std::size_t size = rules.value(Id::TemplateSize);
    std::memset(to, 0, size);
    LayoutWriter writer(to, size, rules);
    write_uuid(Id::TemplateUuid, value.uuid, to, size, rules);
    writer.set(Id::TemplateCntlid, value.cntlid);
    writer.set(Id::TemplateNsid, value.nsid);
}

Result<Template> decode_template(const std::uint8_t* data, std::size_t size,
                                 const spec::Rules& rules) {
    const std::size_t whole = rules.value(Id::TemplateSize);
    if (size < whole) {
        return Fault{Error::Truncated, size};
    }
    const LayoutReader reader(data, whole, rules);
    Template value;
    value.uuid = read_uuid(Id::TemplateUuid, data, whole, rules);
    value.cntlid = reader.u16(Id::TemplateCntlid);
    value.nsid = reader.u32(Id::TemplateNsid);
    return value;
}

bool is_template_receive(const Sqe& sqe, const spec::Rules& rules) {
    return has_opcode(sqe, Id::TemplateReceive, rules);
}

bool is_template_send(const Sqe& sqe, const spec::Rules& rules) {
    return has_opcode(sqe, Id::TemplateSend, rules);
}

Sqe get_template(const spec::Rules& rules) {
    return entry(Id::TemplateReceive, Id::SelGetTemplate, rules);
}

Sqe configure_template(const spec::Rules& rules) {
    return entry(Id::TemplateSend, Id::SelConfigureTemplate, rules);
}

bool is_known_template_operation(const Sqe& sqe, const spec::Rules& rules) {
    const Id sel = is_template_receive(sqe, rules) ? Id::SelGetTemplate : Id::SelConfigureTemplate;
    return SqeFields(sqe, rules).get(Id::TemplateSel) == rules.value(sel);
}

Uuid state_template(const std::uint8_t* data, const spec::Rules& rules) {
    return read_uuid(Id::StateTemplate, data, rules.value(Id::StateHeaderSize), rules);
}

void set_state_template(std::uint8_t* to, const Uuid& uuid, const spec::Rules& rules) {
    write_uuid(Id::StateTemplate, uuid, to, rules.value(Id::StateHeaderSize), rules);
}

}  // namespace lmsim::wire
