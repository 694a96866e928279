#include "model/wire/describe/templates.hpp"

#include "model/wire/describe/command.hpp"

namespace lmsim::wire::describe {

using spec::Id;

namespace {

constexpr Field template_fields[] = {
    {"UUID", Id::TemplateUuid, Style::Uuid},
    {"CNTLID", Id::TemplateCntlid, Style::Hex},
    {"NSID", Id::TemplateNsid, Style::Hex},
};

constexpr Id receive_rows[] = {Id::SelGetTemplate};
constexpr Codes receive_codes = {receive_rows, Id::TemplateSelReserved};
constexpr Field receive_fields[] = {
    {"SEL", Id::TemplateSel, Style::Decimal, nullptr, &receive_codes}};
constexpr Id send_rows[] = {Id::SelConfigureTemplate};
constexpr Codes send_codes = {send_rows, Id::TemplateSelReserved};
constexpr Field send_fields[] = {{"SEL", Id::TemplateSel, Style::Decimal, nullptr, &send_codes}};

constexpr Command of_dialect(Id opcode, Fields fields, Id selected, std::string_view title) {
    Command command{opcode, UsesData, fields, title, Id::TemplateSel, selected};
    command.only_with = Id::Templates;
    return command;
}
constexpr Command reserved(Id opcode, Fields fields) {
    Command command{opcode, UsesData, fields};
    command.rest = Rest::Undescribed;
    command.only_with = Id::Templates;
    return command;
}

constexpr Command commands[] = {
    of_dialect(Id::TemplateReceive, receive_fields, Id::SelGetTemplate,
               "Manage Exported NVM Subsystem Receive, Get Template"),
    of_dialect(Id::TemplateSend, send_fields, Id::SelConfigureTemplate,
               "Manage Exported NVM Subsystem Send, Configure Template"),
    reserved(Id::TemplateReceive, receive_fields),
    reserved(Id::TemplateSend, send_fields),
};

}  // namespace

const Block template_block = {"Template of exported NVM subsystems", Id::TemplateSize, 0,
                              template_fields};

Span<Command> template_commands() { return commands; }

}  // namespace lmsim::wire::describe
