#include "model/host/architecture.hpp"

#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::host;
using spec::Id;
using spec::Rules;

namespace {

Access access_of(Architecture architecture, CdqPlace place, Party party, Asset asset) {
    return grant(architecture, place, party, asset).access;
}

Rules with(Id id) {
    Rules rules;
    rules.set_on(id, true);
    return rules;
}

}  // namespace

TEST_CASE("the queue is where the architecture has it, unless somebody says otherwise") {
    const Rules rules;
    CHECK(cdq_place(Architecture::VfioNvme, CdqWish::Auto, rules) == CdqPlace::Driver);
    CHECK(cdq_place(Architecture::VmmDirect, CdqWish::Auto, rules) == CdqPlace::User);
    CHECK(cdq_place(Architecture::Split, CdqWish::Auto, rules) == CdqPlace::Kernel);
    CHECK(cdq_place(Architecture::Vendor2022, CdqWish::Auto, rules) == CdqPlace::None);
    CHECK(cdq_place(Architecture::Split, CdqWish::User, rules) == CdqPlace::User);
    CHECK(cdq_place(Architecture::VfioNvme, CdqWish::Kernel, rules) == CdqPlace::Kernel);
    CHECK(cdq_place(Architecture::VfioNvme, CdqWish::Auto, with(Id::CdqByIoctl)) == CdqPlace::User);
    CHECK(fits(Architecture::VfioNvme, CdqPlace::Driver));
    CHECK_FALSE(fits(Architecture::VmmDirect, CdqPlace::Driver));
    CHECK_FALSE(fits(Architecture::Split, CdqPlace::Driver));
    CHECK_FALSE(fits(Architecture::Vendor2022, CdqPlace::User));
}

TEST_CASE("a driver that speaks the commands of 2022 is of the architecture of 2022") {
    CHECK(architecture_of(Architecture::VfioNvme, Rules()) == Architecture::VfioNvme);
    CHECK(architecture_of(Architecture::VfioNvme, with(Id::VendorCommands)) ==
          Architecture::Vendor2022);
}

TEST_CASE("what an architecture lacks has a reason and a source") {
    const auto lacks = [](Architecture architecture, CdqPlace place, Ability ability) {
        return find_lack(architecture, place, ability) != nullptr;
    };
    for (const Ability ability : {Ability::TrackMemory, Ability::LogUserData, Ability::SeveralVfs,
                                  Ability::PreCopy, Ability::VersionedState}) {
        CHECK(lacks(Architecture::Vendor2022, CdqPlace::None, ability));
        CHECK_FALSE(lacks(Architecture::VfioNvme, CdqPlace::Driver, ability));
        CHECK_FALSE(lacks(Architecture::VmmDirect, CdqPlace::User, ability));
        CHECK_FALSE(lacks(Architecture::Split, CdqPlace::Kernel, ability));
    }
    CHECK(lacks(Architecture::VmmDirect, CdqPlace::User, Ability::ResetInterlock));
    CHECK_FALSE(lacks(Architecture::Split, CdqPlace::Kernel, Ability::ResetInterlock));
    // Who copies media needs the entries.
    CHECK(lacks(Architecture::VfioNvme, CdqPlace::Driver, Ability::CopyMedia));
    CHECK_FALSE(lacks(Architecture::VfioNvme, CdqPlace::Kernel, Ability::CopyMedia));
    for (const Lack& lack : all_lacks) {
        CHECK_FALSE(lack.what.empty());
        CHECK_FALSE(lack.why.empty());
        CHECK_FALSE(lack.source.empty());
    }
}

TEST_CASE("the VMM reaches other VMs' VFs only where it names CNTLIDs itself") {
    CHECK(access_of(Architecture::VfioNvme, CdqPlace::Driver, Party::Vmm, Asset::OtherVfs) ==
          Access::None);
    CHECK(access_of(Architecture::Split, CdqPlace::User, Party::Vmm, Asset::OtherVfs) ==
          Access::None);
    CHECK(access_of(Architecture::VmmDirect, CdqPlace::Kernel, Party::Vmm, Asset::OtherVfs) ==
          Access::ReadWrite);
}

TEST_CASE("who has the queue decides who reads the log, and whether a ring can name memory") {
    using A = Architecture;
    CHECK(access_of(A::VmmDirect, CdqPlace::User, Party::Vmm, Asset::ChangeLog) ==
          Access::ReadWrite);
    CHECK(access_of(A::VmmDirect, CdqPlace::Kernel, Party::Vmm, Asset::ChangeLog) == Access::Read);
    CHECK(access_of(A::VfioNvme, CdqPlace::Driver, Party::CharDevice, Asset::ChangeLog) ==
          Access::None);
    CHECK(access_of(A::VfioNvme, CdqPlace::User, Party::CharDevice, Asset::HostMemory) ==
          Access::Write);
    CHECK(access_of(A::Split, CdqPlace::Kernel, Party::CharDevice, Asset::HostMemory) ==
          Access::None);
}

TEST_CASE("the guest reaches nothing of this in any architecture") {
    const std::pair<Architecture, CdqPlace> all[] = {
        {Architecture::VfioNvme, CdqPlace::Driver},
        {Architecture::VmmDirect, CdqPlace::User},
        {Architecture::Split, CdqPlace::Kernel},
        {Architecture::Vendor2022, CdqPlace::None},
    };
    for (const auto& [architecture, place] : all) {
        for (std::size_t asset = 0; asset < asset_names.size(); ++asset) {
            CHECK(access_of(architecture, place, Party::Guest, static_cast<Asset>(asset)) ==
                  Access::None);
        }
    }
}
