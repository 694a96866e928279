#include "sim/profile/profile.hpp"

#include "model/spec/table.hpp"
#include "model/vfio/uapi.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::sim;
using spec::Id;

namespace {

std::string error_of(const std::string& text) {
    return load_profile_text(text, "p.toml").error_text();
}

Profile sound(const std::string& text) {
    Profile profile = load_profile_text(text, "p.toml");
    INFO(profile.error_text());
    REQUIRE(profile.ok());
    return profile;
}

}  // namespace

TEST_CASE("a profile is a difference by requirement id", "[profile]") {
    const Profile profile = sound(
        "name = \"draft\"\ntitle = \"a draft\"\nfeatures = [\"P2P\"]\n"
        "off = [\"LM-MC-04\", \"LM-SUSP-13\"]\non = [\"CdqHeadMayReachTail\"]\n"
        "[value]\nSecondaryMaxEntries = 7\n");
    const spec::Rules& rules = profile.rules;
    CHECK(profile.name == "draft");
    CHECK(profile.title == "a draft");
    CHECK(profile.features == std::uint8_t{vfio::STOP_COPY_FLAG | vfio::P2P_FLAG});
    CHECK_FALSE(rules.on(Id::MigrationResume));
    CHECK_FALSE(rules.on(Id::McResetEndsSuspension));
    CHECK(rules.on(Id::MigrationSuspend));
    CHECK(rules.on(Id::CdqHeadMayReachTail));
    CHECK(rules.value(Id::SecondaryMaxEntries) == 7);
    const Profile empty = load_profile_text("", "a/p.toml");
    CHECK(empty.rules == spec::Rules());
    CHECK(empty.name == "p.toml");
    CHECK_FALSE(empty.features.has_value());
    CHECK(empty.overlays.empty());
}

TEST_CASE("a profile moves places, and answers otherwise", "[profile]") {
    const Profile profile = sound(
        "[place]\n\"CS-HDR-04\" = \"bytes 17:16\"\n\"LM-SEND-24\" = \"CDW13 3:0\"\n"
        "\"LM-RECV-30\" = \"CQE DW1 5\"\n\"CS-HDR-03\" = \"byte 4 bits 2:1\"\n"
        "[offset]\n\"CS-CQ-08\" = 20\n"
        "[status]\n\"LM-RESU-41\" = \"ST-002\"\n\"LM-SUSP-40\" = 0x1c0\n");
    const spec::Rules& rules = profile.rules;
    CHECK(rules.place(Id::StateNvmecss) == spec::bytes(16, 17));
    CHECK(rules.place(Id::SuspendStype) == spec::cdw(13, 3, 0));
    CHECK(rules.place(Id::GetStateCsup) == spec::bits(4, 5, 5));
    CHECK(rules.place(Id::StateCp) == spec::bits(4, 2, 1));
    CHECK(rules.place(Id::CqStateIen) == spec::bits(20, 1, 1));
    CHECK(profile.overlays.size() == 7);
}

TEST_CASE("a row's difference tells where it comes from", "[profile]") {
    const Profile profile = sound(
        "[documents]\nP2 = \"a mail\"\n"
        "[rows.\"LM-SEND-02\"]\nvalue = 2\nsource = \"P2:303\"\n"
        "[rows]\n\"HO-MIG-03\" = { off = true, assumed = true }\n");
    CHECK(profile.rules.value(Id::SelResume) == 2);
    CHECK_FALSE(profile.rules.on(Id::HostChecksCsup));
    REQUIRE(profile.find(Id::SelResume) != nullptr);
    CHECK(profile.find(Id::SelResume)->source == "P2:303");
    CHECK_FALSE(profile.find(Id::SelResume)->assumed);
    CHECK(profile.find(Id::HostChecksCsup)->assumed);
    CHECK(profile.find(Id::SelSuspend) == nullptr);
    CHECK(profile.documents.size() == 1);
}

TEST_CASE("a profile may be based on another, and take some of it back", "[profile]") {
    const Profile base = load_profile("rfc-2025");
    INFO(base.error_text());
    REQUIRE(base.ok());
    CHECK(base.rules.value(Id::SelResume) == 2);
    const Profile profile =
        sound("base = \"rfc-2025\"\nname = \"mine\"\n[value]\nLM-SEND-02 = 1\nLM-SEND-03 = 7\n");
    CHECK(profile.rules.value(Id::SelResume) == 1);
    CHECK(profile.find(Id::SelResume) == nullptr);  // as the standard has it: no difference
    CHECK(profile.rules.value(Id::SelSetControllerState) == 7);
    CHECK(profile.find(Id::SelSetControllerState)->profile == "mine");
    CHECK(profile.find(Id::StateHeaderSize)->profile == "rfc-2025");
    CHECK(profile.overlays.size() == base.overlays.size() - 1);
}

TEST_CASE("what is wrong with a profile is said with its place", "[profile]") {
    CHECK(error_of("of = []\n") == "p.toml:1:1: unknown key \"of\"; did you mean off?\n");
    CHECK(error_of("off = [\"LM-MC-4\"]\n").find("p.toml:1:8: no row \"LM-MC-4\"; did you mean ") ==
          0);
    CHECK(error_of("off = \"LM-MC-04\"\n") ==
          "p.toml:1:7: off: expected an array, found a string\n");
    CHECK(error_of("off = [3]\n") == "p.toml:1:8: off: expected a string, found a whole number\n");
    CHECK(error_of("features = [\"p3p\"]\n") ==
          "p.toml:1:12: features: no feature \"p3p\"; did you mean p2p?; there are stop_copy, p2p, "
          "pre_copy\n");
    CHECK(error_of("[value]\n\"LM-MC-04\" = 1\n") ==
          "p.toml:2:1: value: LM-MC-04 is an arc, which has no number\n");
    CHECK(error_of("off = [").find("p.toml:1:") == 0);
    CHECK(error_of("name = \"\\u001b\"\nof\x1b = 1").find('\x1b') == std::string::npos);
    CHECK(error_of("[rows.\"LM-SEND-02\"]\nvalu = 2\n") ==
          "p.toml:2:1: unknown key \"valu\"; did you mean value?\n");
    CHECK(error_of("base = \"rfc-2052\"\n") ==
          "p.toml:1:8: base: \"rfc-2052\" cannot be used\nrfc-2052: there is no profile of this "
          "name; did you mean rfc-2025?; expected a file (NAME.toml), or one of " +
              [] {
                  std::string names;
                  for (const std::string& name : profile_names()) {
                      names += (names.empty() ? "" : ", ") + name;
                  }
                  return names;
              }() +
              "\n");
}

TEST_CASE("numbers of a profile fit their row", "[profile]") {
    CHECK(error_of("[value]\nID-SEC-03 = -1\n") ==
          "p.toml:2:13: value: -1 is out of range; expected 0 to 4294967295\n");
    CHECK(
        error_of("[value]\nID-SEC-03 = 1.5\n") ==
        "p.toml:2:13: value.ID-SEC-03: expected a whole number, found a number with a fraction\n");
    CHECK(error_of("[value]\nID-SEC-03 = 4294967295\n").empty());
    CHECK(error_of("[value]\nOP-ADM-41 = 256\n") ==
          "p.toml:2:13: value: 256 is out of range; expected 0 to 255\n");
    CHECK(error_of("[value]\nCS-HDR-01 = 4097\n") ==
          "p.toml:2:13: value: 4097 is out of range; expected 16 to 4096\n");
    CHECK(error_of("off = [\"ID-SEC-03\"]\n") ==
          "p.toml:1:8: off: ID-SEC-03 is a limit, which is neither on nor off\n");
    CHECK(error_of("value = 3\n") == "p.toml:1:9: value: expected a table, found a whole number\n");
    CHECK(error_of("[status]\nCS-HDR-01 = 1\n") ==
          "p.toml:2:1: status: CS-HDR-01 is a size, which answers nothing\n");
    CHECK(error_of("[status]\nLM-RESU-41 = \"LM-MC-04\"\n")
              .find("status: LM-MC-04 is an arc; expected a status, such as ST-002") !=
          std::string::npos);
}

TEST_CASE("places of a profile lie inside what holds them", "[profile]") {
    const auto wrong = [](const std::string& row, const std::string& place) {
        return error_of("[place]\n" + row + " = \"" + place + "\"\n");
    };
    CHECK(wrong("CS-HDR-04", "byte 4096").find("lies beyond byte 4095") != std::string::npos);
    CHECK(wrong("LM-SEND-24", "CDW16 1:0").find("lies beyond byte 63") != std::string::npos);
    CHECK(wrong("LM-SEND-24", "CQE DW4 1:0").find("lies beyond byte 15") != std::string::npos);
    for (const char* place : {"", "CDW", "CDW1", "CDW1 32", "CDW1 0:1", "bytes", "byte 1 bit",
                              "bit -1", "bytes 1:2", "word 3", "byte 1 bit 2 3"}) {
        INFO(place);
        CHECK(wrong("LM-SEND-24", place).find("expected a place such as") != std::string::npos);
    }
    CHECK(wrong("CS-HDR-04", "bytes 99:0").find("800 bits; CS-HDR-04 has at most 128") !=
          std::string::npos);
    CHECK(wrong("CS-HDR-01", "byte 1").find("which stands nowhere") != std::string::npos);
    CHECK(error_of("[offset]\nLM-SEND-24 = 64\n") ==
          "p.toml:2:14: offset: 64 is out of range; expected 0 to 63\n");
}

TEST_CASE("a profile that cannot be read is refused, the standard needs no file", "[profile]") {
    CHECK(load_profile("/nowhere/p.toml").error_text() ==
          "/nowhere/p.toml: cannot be read: No such file or directory\n");
    CHECK_FALSE(load_profile("/").ok());
    CHECK_FALSE(load_profile("ratfied").ok());
    CHECK(load_profile("ratified").rules == spec::Rules());
    CHECK(load_profile("ratified").name == "ratified");
}

TEST_CASE("every profile of the program is sound and says where its rows come from", "[profile]") {
    CHECK(profile_names().front() == "ratified");
    for (const KnownProfile& known : known_profiles()) {
        const Profile profile = load_profile(std::string(known.name));
        INFO(known.name << ": " << profile.error_text());
        REQUIRE(profile.ok());
        CHECK(profile.name == known.name);
        CHECK_FALSE(profile.title.empty());
        for (const Overlay& overlay : profile.overlays) {
            INFO(spec::row(overlay.id).name);
            const bool of_dialects = is_of_dialects_alone(spec::row(overlay.id));
            CHECK((profile.rules.overlaid(overlay.id) || of_dialects));
            CHECK_FALSE(overlay.source.empty());
        }
    }
}

TEST_CASE("a profile names rows that only dialects have, as they are", "[profile]") {
    const Profile profile = sound(
        "[rows]\n\"LM-TPL-02\" = { source = \"a note\" }\n"
        "\"LM-SEND-02\" = { source = \"of the standard\" }\n");
    REQUIRE(profile.find(Id::TemplateReceive) != nullptr);
    CHECK(profile.find(Id::TemplateReceive)->source == "a note");
    CHECK(profile.find(Id::SelResume) == nullptr);
    CHECK_FALSE(is_of_dialects_alone(spec::row(Id::SelResume)));
}

TEST_CASE("what a dialect that was told second-hand lacks is marked as assumed", "[profile]") {
    const Profile profile = load_profile("tp4193");
    REQUIRE(profile.ok());
    std::size_t assumed = 0;
    for (const Overlay& overlay : profile.overlays) {
        const bool told = overlay.source.find("N:") == 0 || overlay.source.find("C:") == 0;
        INFO(spec::row(overlay.id).name << ": " << overlay.source);
        CHECK((told || overlay.assumed));
        CHECK((spec::row(overlay.id).kind != spec::Kind::Layout || overlay.assumed));
        assumed += overlay.assumed ? 1 : 0;
    }
    CHECK(assumed == 16);
    CHECK(profile.overlays.size() == 25);
}
