#include "model/wire/sqe.hpp"
#include "model/spec/table.hpp"
#include "model/wire/describe/command.hpp"

namespace lmsim::wire::describe {

using spec::Id;

namespace {

void says_admin_opcode(const Value& value, Text& text) {
    for (const Command& command : admin_commands()) {
        if (is_in(command, *value.rules) && value.number == value.rules->value(command.opcode)) {
            return text.add("{}", short_title(command.opcode));
        }
    }
    text.add("unknown opcode");
}

void says_nvm_opcode(const Value& value, Text& text) {
    for (const Command& command : nvm_commands()) {
        if (value.number == value.rules->value(command.opcode)) {
            return text.add("{}", spec::row(command.opcode).title);
        }
    }
    text.add("unknown opcode");
}

void says_fuse(const Value& value, Text& text) {
    constexpr const char* names[] = {"normal operation", "first of a fused pair",
                                     "second of a fused pair", "reserved"};
    text.add("{}", names[value.number & 3]);
}

void says_psdt(const Value& value, Text& text) {
    constexpr const char* names[] = {"PRPs", "SGLs, MPTR is an address",
                                     "SGLs, MPTR is an SGL segment", "reserved"};
    text.add("{}", names[value.number & 3]);
}

constexpr Field admin_opcode_field[] = {{"OPC", Id::SqeOpc, Style::Hex, says_admin_opcode}};
constexpr Field nvm_opcode_field[] = {{"OPC", Id::SqeOpc, Style::Hex, says_nvm_opcode}};
constexpr Field common_fields[] = {
    {"FUSE", Id::SqeFuse, Style::Decimal, says_fuse},
    {"PSDT", Id::SqePsdt, Style::Decimal, says_psdt},
    {"CID", Id::SqeCid, Style::Hex},
    {"NSID", Id::SqeNsid, Style::Hex},
};
constexpr Field mptr_field[] = {{"MPTR", Id::SqeMptr, Style::Hex}};
constexpr Field prp1_field[] = {{"PRP1", Id::SqePrp1, Style::Hex}};
constexpr Field prp_fields[] = {{"PRP1", Id::SqePrp1, Style::Hex},
                                {"PRP2", Id::SqePrp2, Style::Hex}};

Fields pointers(const Command& command) {
    if ((command.uses & UsesPrp2) != 0) return prp_fields;
    return (command.uses & UsesPrp1) != 0 ? Fields(prp1_field) : Fields();
}

const Command* command_of(Span<Command> commands, const View& view) {
    const std::uint64_t opcode = view.get(Id::SqeOpc);
    for (const Command& command : commands) {
        if (is_in(command, *view.rules) && opcode == view.rules->value(command.opcode) &&
            (command.selector == Id::Count ||
             view.get(command.selector) == view.rules->value(command.selected))) {
            return &command;
        }
    }
    return nullptr;
}

void check_common(Walker& walker, const View& view, const Command& command, bool admin) {
    if (view.get(Id::SqeFuse) == 3) {
        walker.broken(Id::ReservedFieldValue, view.where(Id::SqeFuse), "FUSE = 3 is reserved");
    }
    const std::uint64_t psdt = view.get(Id::SqePsdt);
    if (psdt == 3) {
        walker.broken(Id::ReservedFieldValue, view.where(Id::SqePsdt), "PSDT = 3 is reserved");
    } else if (admin && psdt != 0) {
        walker.broken(Id::AdminUsesSgl, view.where(Id::SqePsdt),
                      "PSDT = {}: admin commands use PRPs over PCIe", psdt);
    }
    if ((command.uses & UsesNsid) == 0 && view.get(Id::SqeNsid) != 0) {
        walker.broken(Id::NsidNotUsed, view.where(Id::SqeNsid),
                      "NSID = {:#x} in a command that does not use it", view.get(Id::SqeNsid));
    }
    if ((command.uses & UsesPrp1) != 0 && psdt == 0 && view.get(Id::SqePrp1) % 4 != 0) {
        walker.broken(Id::PrpOffsetNotAllowed, view.where(Id::SqePrp1),
                      "PRP1 is not aligned to a dword");
    }
}

bool entry(Walker& walker, Span<Command> commands, bool admin, std::size_t index) {
    const std::size_t there = walker.left() < Sqe::size ? walker.left() : Sqe::size;
    const View view{walker.data() + walker.at(), there, walker.at(), &walker.rules()};
    const Command* command = there == Sqe::size ? command_of(commands, view) : nullptr;
    Block block;
    block.size = Sqe::size;
    block.fields = admin ? Fields(admin_opcode_field) : Fields(nvm_opcode_field);
    block.more[0] = common_fields;
    if (command == nullptr) {
        block.title = "unknown command";
        block.more[1] = prp_fields;
        block.rest = Rest::Undescribed;
        if (!walker.block(block, index)) return false;
        walker.broken(Id::UnsupportedOpcode, view.where(Id::SqeOpc),
                      "no {} command has opcode {:#04x}", admin ? "admin" : "NVM",
                      view.get(Id::SqeOpc));
        return true;
    }
    block.title = command->title.empty() ? short_title(command->opcode) : command->title;
    block.more[1] = (command->uses & UsesMptr) != 0 ? Fields(mptr_field) : Fields();
    block.more[2] = pointers(*command);
    block.more[3] = command->fields;
    block.rest = command->rest;
    if (!walker.block(block, index)) return false;
    check_common(walker, view, *command, admin);
    if (command->check != nullptr) {
        command->check(walker, view);
    }
    return !walker.stopped();
}

void walk(Walker& walker, Span<Command> commands, bool admin) {
    const bool one = walker.left() <= Sqe::size;
    for (std::size_t i = 0; walker.at() < walker.end(); ++i) {
        const std::size_t left = walker.left();
        if (i != 0 && left % Sqe::size == 0 && all_zero(walker.data() + walker.at(), left)) {
            walker.skip_to(walker.end(), "Unused entries");
            return;
        }
        if (!entry(walker, commands, admin, one ? no_index : i)) {
            return;
        }
    }
}

spec::Place nsid_place(const Input& input) {
    const spec::Place place = input.rules->place(Id::SqeNsid);
    return place.end_byte() <= Sqe::size ? place : spec::Place{0, 8};
}

void evidence_of(const Input& input, Span<Command> commands, Evidence& evidence) {
    if (input.size == 0 || input.size % Sqe::size != 0) {
        evidence.points = input.size < Sqe::size ? -20 : -60;
        return evidence.because.add("its size is not a multiple of 64 bytes");
    }
    std::size_t known = 0;
    const std::size_t count = input.size / Sqe::size;
    const Command* first = nullptr;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint8_t* data = input.data + i * Sqe::size;
        const View view{data, Sqe::size, i * Sqe::size, input.rules};
        const Command* command = all_zero(data, Sqe::size) ? nullptr : command_of(commands, view);
        known += command != nullptr ? 1 : 0;
        first = first == nullptr ? command : first;
    }
    if (first == nullptr) {
        evidence.points = -60;
        return evidence.because.add("no entry has a known opcode");
    }
    const bool plain = first->fields.size == 0;  // hardly a field that could be wrong
    evidence.points = (plain ? 5 : 20) - static_cast<int>(60 * (count - known) / count) / 2;
    // I/O commands name a namespace, and few admin commands do.
    const bool names_one = input.size >= Sqe::size && load_bits(input.data, nsid_place(input)) != 0;
    evidence.points += names_one == (commands.data == nvm_commands().data) ? 5 : -10;
    if (count == 1) {
        evidence.because.add("64 bytes with the opcode of {}", short_title(first->opcode));
    } else {
        evidence.because.add("{} of {} entries of 64 bytes have known opcodes", known, count);
    }
}

}  // namespace

Span<Command> admin_commands() {
    struct All {
        Command list[64];
        Span<Command> span;

        All() {
            span.data = list;
            for (const auto& part :
                 {vendor_commands(), template_commands(), common_admin_commands(),
                  migration_commands(), namespace_commands()}) {
                for (const Command& command : part) {
                    LMSIM_ASSERT(span.size < sizeof(list) / sizeof(list[0]));
                    list[span.size++] = command;
                }
            }
        }
    };
    static const All all;
    return all.span;
}

void walk_admin_entries(Walker& walker) { walk(walker, admin_commands(), true); }
void walk_nvm_entries(Walker& walker) { walk(walker, nvm_commands(), false); }

void admin_entry_evidence(const Input& input, Evidence& evidence) {
    evidence_of(input, admin_commands(), evidence);
}
void nvm_entry_evidence(const Input& input, Evidence& evidence) {
    evidence_of(input, nvm_commands(), evidence);
}

}  // namespace lmsim::wire::describe
