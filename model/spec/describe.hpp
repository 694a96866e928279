#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/spec/row.hpp"

namespace lmsim::spec {

/// "LM-SUSP" of "LM-SUSP-03": what rows of one command, structure or machine share.
std::string_view subject(std::string_view name);

/// "Suspend" for "LM-SUSP"; the subject itself where nobody has named it.
std::string_view subject_title(std::string_view subject);

/// As the documents write it: "CDW10 23:16", "CQE DW0 0", "bytes 31:16", "byte 2 bit 0"; empty for
/// a row without a place.
std::string place_text(const Row& row);

/// "41h", "48 bytes", "13Ah (SCT 1h, SC 3Ah)", "1 (on)"; empty for a row whose value says nothing.
std::string value_text(const Row& row);

/// "13Ah Controller Not Suspended", "22 EINVAL"; empty for a row that states no status.
std::string status_text(const Row& row);

/// "Migration Send" of "Migration Send: SEL"; empty for a title without a colon.
std::string_view title_head(const Row& row);

/// The kind of this name, in singular or plural ("limit", "limits", "opcodes").
std::optional<Kind> kind_named(std::string_view name);

constexpr Kind last_kind = Kind::Defect;

}  // namespace lmsim::spec
