// The specification alone: a command's 64 bytes in words. No clock, no SystemC.
#include <fmt/format.h>

#include "model/wire/describe/describe.hpp"
#include "model/wire/sqe.hpp"

namespace {

class Print : public lmsim::wire::describe::Sink {
  public:
    void field(const lmsim::wire::describe::Value& value) override {
        lmsim::wire::describe::Text words;
        value.meaning(words);
        fmt::print("{:<6} {:#x}  {}\n", value.field->name, value.number, words.view());
    }
    void note(std::size_t /*at*/, std::string_view text) override { fmt::print("{}\n", text); }
    void broken(const lmsim::wire::describe::Broken& rule) override {
        fmt::print("breaks a rule: {}\n", rule.what);
    }
};

}  // namespace

int main() {
    using namespace lmsim;
    const spec::Rules rules;  // the ratified standard
    wire::Sqe command;
    command.opcode = static_cast<std::uint8_t>(rules.value(spec::Id::OpcodeAdminMigrationSend));
    command.cdw11 = 1;  // of the controller with ID 1
    std::uint8_t bytes[wire::Sqe::size];
    wire::encode(command, bytes);
    Print print;
    const auto* structure = wire::describe::find_structure("admin-sqe");
    if (structure == nullptr) {
        return 1;
    }
    return wire::describe::describe(*structure, {bytes, sizeof bytes, &rules}, print).ok() ? 0 : 1;
}
