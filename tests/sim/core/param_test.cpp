#include "sim/core/param.hpp"

#include "tests/catch.hpp"

using namespace lmsim::sim;

namespace {

enum class Colour : std::uint8_t { Red, Green };

struct Inner {
    Time delay = param(&delay, "delay", 10_us, between(1_us, 1_ms), "how long", estimate);
    Quantiles spread =
        param(&spread, "spread", fixed(5_us), between(0_s, 1_s), "how it varies", estimate);
};

struct Outer {
    bool on = param(&on, "on", true, "whether", choice);
    std::uint32_t lanes = param(&lanes, "lanes", 4, one_of({1, 2, 4}), "how wide", estimate);
    Colour colour = param(&colour, "colour", Colour::Green, "which", choice);
    std::optional<Time> limit =
        param(&limit, "limit", std::nullopt, between(0_s, 1_s), "how long at most", choice);
    Inner inner = group(&inner, "inner", "a group");
    std::vector<Inner> more = list(&more, "more", 3, "several");
};

Value integer(std::int64_t number) {
    Value value;
    value.type = Value::Type::Integer;
    value.integer = number;
    value.text = std::to_string(number);
    return value;
}

Value text(const char* written) {
    Value value;
    value.text = written;
    return value;
}

}  // namespace

namespace lmsim::sim {
template <>
struct EnumNames<Colour> {
    static constexpr std::array names{"red", "green"};
};
}  // namespace lmsim::sim

TEST_CASE("a struct of parameters is plain data with its defaults", "[param]") {
    const Outer outer;
    CHECK(outer.on);
    CHECK(outer.lanes == 4);
    CHECK(outer.colour == Colour::Green);
    CHECK_FALSE(outer.limit.has_value());
    CHECK(outer.inner.delay == 10_us);
    CHECK(outer.more.empty());
    CHECK(std::is_trivially_copyable_v<Inner>);
}

TEST_CASE("the same lines describe the struct", "[param]") {
    const GroupInfo& schema = schema_of<Outer>();
    REQUIRE(schema.params.size() == 4);
    CHECK(schema.params[1].name == "lanes");
    CHECK(schema.params[1].type == "integer");
    CHECK(schema.params[1].fallback == "4");
    CHECK(schema.params[1].allowed == std::vector<std::string>{"1", "2", "4"});
    CHECK(schema.params[1].help == "how wide");
    CHECK(schema.params[1].source == "estimate");
    CHECK(schema.params[2].type == "one of red, green");
    CHECK(schema.params[2].fallback == "\"green\"");
    CHECK(schema.params[3].fallback == "\"none\"");
    REQUIRE(schema.groups.size() == 1);
    CHECK(schema.groups[0].name == "inner");
    CHECK(schema.groups[0].params[0].least == "\"1us\"");
    CHECK(schema.groups[0].params[0].most == "\"1ms\"");
    REQUIRE(schema.lists.size() == 1);
    CHECK(schema.lists[0].element->params.size() == 2);
}

TEST_CASE("a parameter takes what is in its range and refuses the rest", "[param]") {
    const GroupInfo& schema = schema_of<Outer>();
    Outer outer;
    char* const bytes = reinterpret_cast<char*>(&outer);
    const auto assign = [&](std::size_t i, const Value& value) {
        return schema.params[i].assign(bytes + schema.params[i].offset, value);
    };
    CHECK(assign(0, integer(1)) == "expected true or false, not a whole number");
    CHECK(assign(1, integer(2)).empty());
    CHECK(outer.lanes == 2);
    CHECK(assign(1, integer(3)) == "3 is out of range; expected one of 1, 2, 4");
    CHECK(assign(1, integer(-1)) == "-1 is negative");
    CHECK(assign(1, integer(1LL << 40U)) == "1099511627776 is too large");
    CHECK(assign(1, text("2")) == "expected a whole number, not the string \"2\"");
    CHECK(outer.lanes == 2);
    CHECK(assign(2, text("red")).empty());
    CHECK(outer.colour == Colour::Red);
    CHECK(assign(2, text("gren")) == "\"gren\" is not one of red, green; did you mean \"green\"?");
    CHECK(assign(3, text("10us")).empty());
    CHECK(outer.limit == 10_us);
    CHECK(assign(3, text("none")).empty());
    CHECK_FALSE(outer.limit.has_value());
    CHECK(assign(3, text("2s")) == "\"2s\" is out of range; expected \"0s\" to \"1s\"");
    CHECK(assign(3, integer(2)) ==
          "the bare number 2 has no unit; expected a time such as \"10us\", or \"none\"");
}

TEST_CASE("a range holds at its ends and not one step beyond", "[param]") {
    const ParamInfo& delay = schema_of<Outer>().groups[0].params[0];
    Time time;
    CHECK(delay.assign(&time, text("1us")).empty());
    CHECK(delay.assign(&time, text("1ms")).empty());
    CHECK(time == 1_ms);
    CHECK(delay.assign(&time, text("999999ps")) ==
          "\"999999ps\" is out of range; expected \"1us\" to \"1ms\"");
    CHECK(delay.assign(&time, text("1000000001ps")) ==
          "\"1000000001ps\" is out of range; expected \"1us\" to \"1ms\"");
}

TEST_CASE("the nearest name is the one that was meant", "[param]") {
    CHECK(distance("abc", "abc") == 0);
    CHECK(distance("abc", "acb") == 2);
    CHECK(distance("abc", "abd") == 2);
    CHECK(distance("abc", "ab") == 2);
    CHECK(distance("KB", "kB") == 1);
    CHECK(distance("", "abc") == 6);
    CHECK(nearest("vcpu", {"ram", "vcpus"}) == "vcpus");
    CHECK(nearest("KB", {"B", "kB", "KiB"}) == "kB");
    CHECK(nearest("xyz", {"ram", "vcpus"}).empty());
    CHECK(nearest("a", {}).empty());
}

TEST_CASE("text of strangers is safe to print", "[param]") {
    CHECK(in_quotes("a\x1b[2J\n\"\\") == "\"a\\u001B[2J\\n\\\"\\\\\"");
    CHECK(in_quotes("\x7f\xff") == "\"\\u007F\\u00FF\"");
    CHECK(in_quotes("\xc2\x9b"
                    "A") == "\"\\u009BA\"");
    CHECK(in_quotes("gr\xc3\xbc\xc3\x9f") == "\"gr\xc3\xbc\xc3\x9f\"");
    CHECK(in_quotes(std::string(100, 'x')) == "\"" + std::string(80, 'x') + "...\"");
    CHECK(printable("a \"b\"\r") == "a \"b\"\\r");
}
