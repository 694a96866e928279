#include "viz/sequence/fold.hpp"

#include "tests/property.hpp"
#include "tests/viz/sequence/run.hpp"

using namespace lmsim;
using namespace lmsim::tests;

namespace {

/// Items by letters: '(' asks, ')' answers, each letter is alike to itself.
std::vector<viz::Item> items_of(const std::string& letters) {
    std::vector<viz::Item> items;
    for (const char c : letters) {
        viz::Item item;
        item.like = static_cast<std::uint64_t>(c);
        item.entry = static_cast<std::uint32_t>(items.size());
        item.opens = c == '(' ? 1 : c == ')' ? -1 : 0;
        item.at = static_cast<Ps>(items.size() * 10);
        item.end = item.at + 4;
        items.push_back(item);
    }
    return items;
}

std::string text_of(const std::vector<viz::Item>& items, const std::string& letters) {
    std::string text;
    for (const viz::Item& item : items) {
        const std::string inner = item.is_line() ? std::string(1, letters[item.entry])
                                                 : "[" + text_of(item.body, letters) + "]";
        text += item.times > 1 ? std::to_string(item.times) + inner : inner;
    }
    return text;
}

std::string folded(const std::string& letters) {
    std::vector<viz::Item> items = items_of(letters);
    viz::fold(items);
    return text_of(items, letters);
}

std::size_t entries_in(const std::vector<viz::Item>& items) {
    std::size_t count = 0;
    for (const viz::Item& item : items) {
        count += item.is_line() ? 1 + item.more.size() : entries_in(item.body);
    }
    return count;
}

}  // namespace

TEST_CASE("fold: lines, groups, and groups in groups") {
    CHECK(folded("") == "");
    CHECK(folded("abc") == "abc");
    CHECK(folded("aaaa") == "4a");
    CHECK(folded("abab") == "2[ab]");
    CHECK(folded("xabcabcabcy") == "x3[abc]y");
    CHECK(folded("aabaabaab") == "3[2ab]");
    CHECK(folded("aabaaab") == "2ab3ab");
    CHECK(folded("ababcababc") == "2[2[ab]c]");
}

TEST_CASE("fold: a group holds both the question and its answer") {
    CHECK(folded("(x)(x)(x)") == "3[(x)]");
    CHECK(folded("(yx)(x)(x)") == "(yx)2[(x)]");
    CHECK(folded(")()()(") == ")2[()](");
    CHECK(folded("a(a(a(") == "a(a(a(");
}

TEST_CASE("fold: how long each took, of everything that it stands for") {
    std::vector<viz::Item> items = items_of("ababab");
    items[3].end = 100;
    viz::fold(items);
    REQUIRE(items.size() == 1);
    CHECK(items[0].times == 3);
    const viz::Times times = viz::times_of(items[0].spans);
    CHECK(times.min == 14);
    CHECK(times.median == 14);
    CHECK(times.max == 80);
    CHECK(items[0].end == 100);
    CHECK(items[0].body[0].more == std::vector<std::uint32_t>{2, 4});
    CHECK(viz::times_of({}).max == 0);
    CHECK(viz::times_of({4, 1, 3, 2}).median == 2);
}

TEST_CASE("property: folding loses and doubles nothing, and does not fold the folded") {
    CHECK(failure_of([] {
              const auto letters =
                  *rc::gen::container<std::string>(rc::gen::element('a', 'b', '(', ')'));
              std::vector<viz::Item> items = items_of(letters);
              viz::fold(items);
              RC_ASSERT(entries_in(items) == letters.size());
              RC_ASSERT(items.size() <= letters.size());
          }) == "");
}

TEST_CASE("fold: what is never answered in what is shown stays, however long it is") {
    std::vector<viz::Item> items = items_of(std::string(200'000, '('));
    viz::fold(items);
    CHECK(items.size() == 200'000);
}

TEST_CASE("fold: a long run in no time, as one line") {
    std::vector<viz::Item> items = items_of(std::string(200'000, 'a'));
    viz::fold(items);
    REQUIRE(items.size() == 1);
    CHECK(items[0].times == 200'000);
    std::string pairs;
    for (int i = 0; i < 100'000; ++i) pairs += "()";
    items = items_of(pairs);
    viz::fold(items);
    CHECK(items.size() == 1);
}
