#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/core/schemas.hpp"
#include "sim/trace/run_directory.hpp"

namespace lmsim::sim::trace {
namespace {

constexpr const char* compiler() {
#if defined(__clang__)
    return __VERSION__;  // says "Clang" itself
#else
    return "GCC " __VERSION__;
#endif
}

constexpr const char* build_type() {
#if defined(LMSIM_BUILD_TYPE)
    return LMSIM_BUILD_TYPE;
#elif defined(__SANITIZE_ADDRESS__)
    return "address sanitizer";
#elif defined(__SANITIZE_THREAD__)
    return "thread sanitizer";
#elif defined(__OPTIMIZE__)
    return "optimized";
#else
    return "not optimized";
#endif
}

}  // namespace

std::string manifest_json(const metrics::Result& result, const std::vector<std::string>& files) {
    nlohmann::ordered_json json;
    json["schema"] = schema::Manifest;
    json["version"] = result.version;
    json["compiler"] = compiler();
    json["build_type"] = build_type();
    json["scenario"] = result.scenario;
    json["seed"] = result.seed;
    json["trace_hash"] = fmt::format("0x{:016x}", result.trace_hash);
    json["partial"] = result.partial;
    json["files"] = files;
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace lmsim::sim::trace
