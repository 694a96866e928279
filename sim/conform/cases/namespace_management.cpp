#include <fmt/format.h>

#include "sim/conform/cases/cases.hpp"

/// Namespace Management and Namespace Attachment. Attachments outlive every reset: whatever a case
/// creates it deletes again.
namespace lmsim::sim::conform::cases {

using spec::Id;

namespace {

constexpr std::uint64_t blocks = 64;
constexpr std::uint64_t room = 1U << 20;  // bytes that such a namespace takes at most
constexpr std::uint32_t never = 0xffff'fffe;

Command create() {
    Command command(Id::OpcodeAdminNamespaceManagement);
    return command.set(Id::NmSel, oracle().value(Id::NmCreate))
        .with_data("ns", page_size)
        .saves("nsid", dw0(31, 0));
}

Command remove(Value nsid = "nsid") {
    Command command(Id::OpcodeAdminNamespaceManagement);
    return command.set(Id::NmSel, oracle().value(Id::NmDelete)).nsid(std::move(nsid));
}

Command attach(Id to_or_from = Id::NaAttach, Value nsid = "nsid") {
    Command command(Id::OpcodeAdminNamespaceAttachment);
    return command.set(Id::NaSel, oracle().value(to_or_from))
        .nsid(std::move(nsid))
        .with_data("list", page_size);
}

Command detach() { return attach(Id::NaDetach); }

/// The Controller List of the commands that follow.
Step store_list(const std::vector<Value>& cntlids) {
    const std::uint32_t bits = 8 * oracle().value(Id::ControllerListEntrySize);
    std::vector<Field> fields{field(Id::ControllerListCount, cntlids.size())};
    std::uint32_t at = 8 * oracle().value(Id::ControllerListHeaderSize);
    for (const Value& cntlid : cntlids) {
        fields.push_back(raw("CNTLID", {at, static_cast<std::uint16_t>(bits)}, cntlid));
        at += bits;
    }
    return store("list", 0, fields);
}

Draft begin(const std::string& id, const std::string& title, std::initializer_list<Id> rows,
            std::uint32_t nmic = 0) {
    Draft draft("Namespace management", "manage." + id, title, rows);
    return draft.need("mmc.oacs.namespaces", 1, "OACS offers no Namespace Management")
        .need("mmc.unvmcap", room, "UNVMCAP is less than 1 MiB")
        .buffer("ns", page_size)
        .buffer("list", page_size)
        .buffer("data", page_size)
        .buffer("block", page_size, "mc")
        .mc_enabled(1)
        .step(
            store("ns", 0,
                  {field(Id::NmNsze, blocks), field(Id::NmNcap, blocks), field(Id::NmNmic, nmic)}))
        .step(store_list({"mc.cntlid"}));
}

Draft created(const std::string& id, const std::string& title, std::initializer_list<Id> rows,
              std::uint32_t nmic = 0) {
    Draft draft = begin(id, title, rows, nmic);
    return draft.step(create());
}

Command read_it() { return io(Id::OpcodeNvmRead, "block").nsid("nsid"); }

void add_lives(List& list) {
    list.push_back(created("life", "A namespace is created, attached, read, detached and deleted",
                           {Id::NmCreate, Id::NmDelete, Id::NaAttach, Id::NaDetach})
                       .step(read_it().ends(Id::NamespaceInactive))
                       .steps({attach(), read_it(), detach()})
                       .step(read_it().ends(Id::NamespaceInactive))
                       .step(remove())
                       .step(remove().ends(Id::NmNsidUnallocated))
                       .step(attach().ends(Id::NmNsidUnallocated))
                       .done());
    list.push_back(created("deleted-attached", "A Delete detaches", {Id::NmDeleteDetaches})
                       .steps({attach(), remove()})
                       .step(read_it().ends(Id::NamespaceInactive))
                       .done());
    Draft inactive = created("descriptors-inactive",
                             "Identification descriptors of a namespace that is not attached",
                             {Id::CnsNamespaceDescriptors});
    list.push_back(inactive.buffer("mc-data", page_size, "mc")
                       .step(identify(Id::CnsNamespaceDescriptors, "mc-data")
                                 .to("mc")
                                 .nsid("nsid")
                                 .ends(Id::IdentifyDescriptorsInactive))
                       .step(remove())
                       .done());
    list.push_back(created("attach-twice", "Attach of what is attached", {Id::NaAttach})
                       .step(attach())
                       .refused(attach().ends(Id::NaAlreadyAttached), "mc.queues")
                       .steps({read_it(), remove()})
                       .done());
    list.push_back(created("detach-twice", "Detach of what is not attached", {Id::NaDetach})
                       .step(detach().ends(Id::NaNotAttached))
                       .steps({attach(), detach()})
                       .refused(detach().ends(Id::NaNotAttached), "mc.queues")
                       .step(remove())
                       .done());
    list.push_back(created("private", "A private namespace for a second controller", {Id::NmNmic})
                       .steps({attach(), store_list({"mc2.cntlid"})})
                       .refused(attach().ends(Id::NaPrivate), "mc.queues")
                       .step(remove())
                       .done());
    list.push_back(created("shared", "A shared namespace is attached to two controllers at once",
                           {Id::NmNmic, Id::CnsAttachedControllers}, 1)
                       .steps({store_list({"mc.cntlid", "mc2.cntlid"}), attach(),
                               identify(Id::CnsAttachedControllers, "data").nsid("nsid")})
                       .step(check("data", 0, {field(Id::ControllerListCount, 2)}))
                       .step(remove())
                       .done());
}

void add_lists(List& list) {
    const auto invalid = [&](const char* id, const char* title, const Step& stored) {
        list.push_back(created(std::string("list-") + id, title, {Id::ControllerListCount}, 1)
                           .step(stored)
                           .refused(attach().ends(Id::NaListInvalid), "mc.queues")
                           .step(remove())
                           .done());
    };
    invalid("empty", "A controller list without entries", store_list({}));
    invalid("unknown", "A controller list with a CNTLID that nobody has",
            store_list({"unknown.cntlid"}));
    invalid("descending", "A controller list that descends",
            store_list({"mc2.cntlid", "mc.cntlid"}));
    invalid("long", "A controller list of 2048 entries",
            store("list", 0,
                  {field(Id::ControllerListCount, oracle().value(Id::ControllerListMax) + 1)}));
}

void add_refusals(List& list) {
    const auto broken = [](const char* id, const char* title, const Field& wrong, Id condition) {
        Draft draft = begin(id, title, {condition});
        return draft.row(wrong.row)
            .step(store("ns", 0, {wrong}))
            .refused(create().ends(condition), "mc.queues");
    };
    list.push_back(
        broken("nsze-0", "Create with NSZE = 0", field(Id::NmNsze, 0), Id::NmSizeInvalid).done());
    list.push_back(broken("ncap-high", "Create with NCAP above NSZE", field(Id::NmNcap, blocks + 1),
                          Id::NmSizeInvalid)
                       .done());
    list.push_back(broken("flbas", "Create with an LBA format that there is not",
                          field(Id::NmFlbas, 0x6f), Id::NmFormatInvalid)
                       .done());
    list.push_back(broken("anagrpid", "Create with an ANAGRPID and no ANA reporting",
                          field(Id::NmAnagrpid, 1), Id::NmAnaGroup)
                       .need("mmc.ana", 0, "CMIC.ANARS is 1", 0)
                       .done());
    constexpr std::uint64_t huge = std::uint64_t{1} << 48;
    list.push_back(begin("capacity", "Create of more than there is", {Id::NmNoCapacity})
                       .step(store("ns", 0, {field(Id::NmNsze, huge), field(Id::NmNcap, huge)}))
                       .refused(create().ends(Id::NmNoCapacity), "mc.queues")
                       .done());
    list.push_back(
        begin("csi", "Create for a command set that is not supported", {Id::NmCsi})
            .refused(create().set(Id::NmCsi, 0x2f).ends(Id::NmCsiNotSupported), "mc.queues")
            .done());
    for (const std::uint32_t nsid : {0U, never}) {
        const Command commands[] = {remove(nsid), attach(Id::NaAttach, nsid),
                                    attach(Id::NaDetach, nsid)};
        const char* const names[] = {"delete", "attach", "detach"};
        for (std::size_t i = 0; i < std::size(commands); ++i) {
            list.push_back(begin(fmt::format("{}-nsid-{:x}", names[i], nsid),
                                 "An NSID that cannot be", {Id::NmNsidInvalid})
                               .refused(Command(commands[i]).ends(Id::NmNsidInvalid), "mc.queues")
                               .done());
        }
    }
    Draft to_mc = begin("sent-to-mc", "Namespace Management sent to an MC that does not offer it",
                        {Id::OpcodeAdminNamespaceManagement});
    list.push_back(to_mc.need("mc.oacs.namespaces", 0, "OACS of the MC offers it", 0)
                       .step(remove(never).to("mc").ends(Id::UnsupportedOpcode))
                       .done());
}

void add_pages(List& list) {
    for (const Id cns : {Id::CnsAllocatedNamespaces, Id::CnsAllocatedNamespace,
                         Id::CnsAttachedControllers, Id::CnsControllers}) {
        Draft draft = begin(fmt::format("identify-{:02x}-of-mc", oracle().value(cns)),
                            "A CNS of Namespace Management asked of an MC without it", {cns});
        list.push_back(
            draft.buffer("mc-data", page_size, "mc")
                .need("mc.oacs.namespaces", 0, "OACS of the MC offers it", 0)
                .step(identify(cns, "mc-data").to("mc").nsid(1).ends(Id::IdentifyManagementToMc))
                .done());
    }
    list.push_back(begin("attached-to-all", "Attached Controller list of NSID FFFFFFFFh",
                         {Id::CnsAttachedControllers})
                       .step(identify(Id::CnsAttachedControllers, "data")
                                 .nsid(0xffff'ffffU)
                                 .ends(Id::IdentifyAttachedBroadcast))
                       .done());
}

}  // namespace

void add_namespace_management(List& list) {
    add_lives(list);
    add_lists(list);
    add_refusals(list);
    add_pages(list);
}

}  // namespace lmsim::sim::conform::cases
