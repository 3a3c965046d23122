// Strict JSON reading for request bodies: money never passes through a double, and all errors come back at once with
// RFC 6901 pointers. Boost.JSON's own value_to is too lax (5.0 and 1e3 as integers, duplicate members).
// Use: json_document doc(body); auto in = doc.object(); auto email = in.string("email", 3, 254); ... doc.finish();
#pragma once

#include "core/error.hpp"
#include "core/ids.hpp"
#include "core/json_parse.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mita {

class json_document;

// One object of the document. A missing or mistyped object reads as an empty one whose absence is already recorded, so
// that one fault gives one finding. Required readers record a finding and return a harmless default; optional ones take
// null for absent (ask is_null first where JSON Merge Patch means "remove"). Codes: required, wrong_type, too_short,
// too_long, out_of_range, not_an_integer, invalid_id, unknown_field, too_many, invalid_characters. Views its document.
class json_object {
public:
    bool has(std::string_view name) const;      // present, null included
    bool is_null(std::string_view name) const;  // present and null
    bool valid() const { return object_ != nullptr; }

    // Strings: length in Unicode code points, min..max inclusive; control characters other than \n and \t refused.
    std::string string(std::string_view name, std::size_t min, std::size_t max);
    std::optional<std::string> optional_string(std::string_view name, std::size_t min, std::size_t max);
    // As string(), with control characters: for passwords, whose every character counts.
    std::string any_string(std::string_view name, std::size_t min, std::size_t max);
    // Integers written as integers: 5.0, 1e3, -0.0, "5" and 2^53 (with the default bounds) are findings.
    std::int64_t integer(std::string_view name, std::int64_t min, std::int64_t max);
    std::optional<std::int64_t> optional_integer(std::string_view name, std::int64_t min, std::int64_t max);
    bool boolean(std::string_view name);
    uuid id(std::string_view name);
    std::optional<uuid> optional_id(std::string_view name);
    json_object object(std::string_view name);
    std::optional<json_object> optional_object(std::string_view name);
    // Arrays of objects or strings with at most `max` elements; absent reads as empty when optional.
    std::vector<json_object> objects(std::string_view name, std::size_t max, bool required = true);
    std::vector<std::string> strings(std::string_view name, std::size_t max, std::size_t max_length,
                                     bool required = false);
    std::vector<std::int64_t> integers(std::string_view name, std::size_t max_count, std::int64_t min, std::int64_t max,
                                       bool required = false);
    // The raw value, marked as known (for readers with a form of their own); null when absent.
    const boost::json::value* raw(std::string_view name);
    // The member may be there and is not looked at.
    void ignore(std::string_view name) { raw(name); }

    // Records a domain finding on a member ("" = the object itself).
    void fail(std::string_view name, std::string code, std::string detail);
    std::string pointer(std::string_view name = {}) const;

private:
    friend class json_document;
    json_object(json_document& doc, const boost::json::object* object, std::string pointer);
    const boost::json::value* find(std::string_view name) const;
    const boost::json::value* need(std::string_view name);
    const boost::json::value* want(std::string_view name);
    const boost::json::array* array(std::string_view name, std::size_t max, bool required);
    json_document* doc_;
    const boost::json::object* object_;
    std::size_t state_;
    std::string pointer_;
};

class json_document {
public:
    // Throws api_error 400: malformed_json (syntax, broken UTF-8, NaN, trailing bytes, BOM, too deep), duplicate_member
    // (with pointer), empty_body.
    explicit json_document(std::string_view text, json_limits limits = json_limits());
    json_document(const json_document&) = delete;
    json_document& operator=(const json_document&) = delete;

    json_object object();  // the root; a finding when it is not an object
    const boost::json::value& value() const { return value_; }
    // Throws api_error 422 validation_failed with every finding (the first 100), among them unknown_field for each
    // member no reader asked for (in objects that were read). Returns normally when there is none. Call once, last.
    void finish();
    // As new, with nothing read and nothing found: the same body is judged once more.
    void start_over();
    void fail(std::string pointer, std::string code, std::string detail);
    bool failed() const { return !findings_.empty(); }

private:
    friend class json_object;
    struct object_state {
        const boost::json::object* object;
        std::string pointer;
        std::vector<std::string_view> known;  // keys of *object some reader asked for
    };
    std::optional<std::string> read_string(const boost::json::value& value, const std::string& pointer, std::size_t min,
                                           std::size_t max, bool controls = false);
    std::optional<std::int64_t> read_integer(const boost::json::value& value, const std::string& pointer,
                                             std::int64_t min, std::int64_t max);
    boost::json::value value_;
    std::deque<object_state> states_;
    std::unordered_map<const boost::json::object*, std::size_t> index_;  // into states_
    std::vector<field_error> findings_;
};

// Writes `value` as JSON text appended to `out`; integers exact, strings escaped, non-ASCII as UTF-8.
void append_json(std::string& out, const boost::json::value& value);
// Appends text as a quoted JSON string (control characters escaped, broken UTF-8 replaced by U+FFFD). Used by logs,
// problems and hot serializers.
void append_json_string(std::string& out, std::string_view text);

}  // namespace mita
