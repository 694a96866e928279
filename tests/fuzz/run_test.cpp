// The corpora and a short run of mutations of them, the same in every build and at every run. The
// long runs are tools/nightly fuzz.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace lmsim;

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr int mutations = 20000;

const fuzz::Target* find_target(const std::string& name) {
    for (const fuzz::Target* target = fuzz::first_target(); target != nullptr;
         target = target->next) {
        if (target->name == name) return target;
    }
    return nullptr;
}

std::vector<Bytes> corpus_of(const std::string& name) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry :
         std::filesystem::directory_iterator(LMSIM_SOURCE_DIR "/tests/fuzz/data/" + name)) {
        paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    std::vector<Bytes> corpus;
    for (const auto& path : paths) {
        std::ifstream file(path, std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return corpus;
}

class Random {
  public:
    std::uint64_t next() {  // xorshift64*: any fixed sequence will do
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545F4914F6CDD1D;
    }
    std::size_t below(std::size_t bound) {
        return static_cast<std::size_t>((next() >> 16) % bound);
    }

  private:
    std::uint64_t state_ = 0x6C6D73696D;
};

void mutate_once(Bytes& bytes, const std::vector<Bytes>& corpus, Random& random) {
    constexpr std::uint8_t special[] = {0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF};
    const std::size_t at = bytes.empty() ? 0 : random.below(bytes.size());
    const Bytes& other = corpus[random.below(corpus.size())];
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (random.below(bytes.empty() ? 1 : 7)) {
        case 0: {  // insert
            bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), 1 + random.below(8),
                         static_cast<std::uint8_t>(random.next() >> 32));
            break;
        }
        case 1: bytes[at] ^= static_cast<std::uint8_t>(1U << random.below(8)); break;
        case 2: bytes[at] = special[random.below(std::size(special))]; break;
        case 3: bytes[at] = static_cast<std::uint8_t>(random.next() >> 32); break;
        case 4: bytes.resize(at); break;
        case 5: bytes.erase(begin); break;
        default:  // splice
            bytes.resize(at);
            if (at < other.size()) {
                bytes.insert(bytes.end(), other.begin() + static_cast<std::ptrdiff_t>(at),
                             other.end());
            }
    }
}

void run(const fuzz::Target& target, const Bytes& input) {
    // A buffer of just this size, so that a sanitizer sees a read beyond it.
    const std::size_t size = std::min(input.size(), target.max_size);
    const std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[size]);
    std::copy_n(input.begin(), size, exact.get());
    target.run(exact.get(), size);
}

void short_run(const std::string& name) {
    const fuzz::Target* target = find_target(name);
    REQUIRE(target != nullptr);
    const std::vector<Bytes> corpus = corpus_of(name);
    REQUIRE(!corpus.empty());
    run(*target, {});
    for (const Bytes& input : corpus) run(*target, input);
    Random random;
    for (int i = 0; i < mutations; ++i) {
        Bytes input = corpus[random.below(corpus.size())];
        for (std::size_t changes = 1 + random.below(4); changes > 0; --changes) {
            mutate_once(input, corpus, random);
        }
        run(*target, input);
    }
    CHECK(true);  // a finding ends the program
}

}  // namespace

TEST_CASE("fuzz: submission queue entries") { short_run("sqe"); }
TEST_CASE("fuzz: completion queue entries") { short_run("cqe"); }
TEST_CASE("fuzz: controller states") { short_run("controller_state"); }
TEST_CASE("fuzz: vendor areas") { short_run("vendor_area"); }
TEST_CASE("fuzz: Identify pages") { short_run("identify"); }
TEST_CASE("fuzz: Controller Data Queues") { short_run("cdq"); }
TEST_CASE("fuzz: memory tracking") { short_run("track"); }
TEST_CASE("fuzz: PRP walks") { short_run("prp"); }
TEST_CASE("fuzz: dumps as text") { short_run("dump"); }
TEST_CASE("fuzz: guesses") { short_run("guess"); }
TEST_CASE("fuzz: traces") { short_run("trace"); }
TEST_CASE("fuzz: dialects") { short_run("dialect"); }

TEST_CASE("fuzz: every target has a corpus and a case here") {
    std::size_t targets = 0;
    for (const fuzz::Target* target = fuzz::first_target(); target != nullptr;
         target = target->next) {
        CAPTURE(target->name);
        CHECK(!corpus_of(target->name).empty());
        ++targets;
    }
    CHECK(targets == 12);
}
