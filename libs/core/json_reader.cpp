#include "core/json_reader.hpp"

#include "core/utf8.hpp"

#include <openssl/crypto.h>
#include <boost/json/memory_resource.hpp>

#include <algorithm>
#include <cmath>
#include <new>

namespace mita {
namespace {

// A body may hold a password: nothing of a document outlives it.
class wiping_memory : public boost::json::memory_resource {
    // Boost.JSON gives keys back with another alignment than it asked for: what new gives suits every one of its types.
    void* do_allocate(std::size_t size, std::size_t) override { return ::operator new(size); }
    void do_deallocate(void* p, std::size_t size, std::size_t) override {
        OPENSSL_cleanse(p, size);
        ::operator delete(p);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

// Findings past this many are not worth their bytes: a hostile body must not make an answer larger than itself.
constexpr std::size_t max_findings = 100;

std::string range(const char* what, std::int64_t min, std::int64_t max) {
    return std::string(what) + " from " + std::to_string(min) + " to " + std::to_string(max) + ".";
}

struct checked_string {
    const char* code = nullptr;  // null: fine
    std::string detail;
};

checked_string check_string(std::string_view text, std::size_t min, std::size_t max, bool controls) {
    std::size_t n = 0;
    for (std::size_t at = 0; at < text.size(); ++n) {
        const char32_t c = utf8::next(text, at);
        if (!controls && utf8::is_control(c) && c != '\n' && c != '\t')
            return {"invalid_characters", "Control characters are not allowed."};
    }
    if (n < min) return {"too_short", "Must have at least " + std::to_string(min) + " characters."};
    if (n > max) return {"too_long", "Must have at most " + std::to_string(max) + " characters."};
    return {};
}

}  // namespace

json_object::json_object(json_document& doc, const boost::json::object* object, std::string pointer)
    : doc_(&doc), object_(object), state_(0), pointer_(std::move(pointer)) {
    if (!object_) return;
    const auto [at, first_time] = doc_->index_.try_emplace(object_, doc_->states_.size());
    state_ = at->second;
    if (first_time) doc_->states_.push_back(json_document::object_state{object_, pointer_, {}});
}

const boost::json::value* json_object::find(std::string_view name) const {
    if (!object_) return nullptr;
    const auto found = object_->find(name);
    return found == object_->end() ? nullptr : &found->value();
}

const boost::json::value* json_object::raw(std::string_view name) {
    if (!object_) return nullptr;
    const auto found = object_->find(name);
    if (found == object_->end()) return nullptr;
    // The document's own key, not the caller's text, which need not live until finish().
    auto& known = doc_->states_[state_].known;
    const std::string_view key = found->key();
    if (std::find(known.begin(), known.end(), key) == known.end()) known.push_back(key);
    return &found->value();
}

// A required member; its absence is recorded, unless the whole object is absent (then that was).
const boost::json::value* json_object::need(std::string_view name) {
    const auto* value = raw(name);
    if (!value && object_) fail(name, "required", "This member is required.");
    return value;
}

const boost::json::value* json_object::want(std::string_view name) {
    const auto* value = raw(name);
    return value && !value->is_null() ? value : nullptr;
}

bool json_object::has(std::string_view name) const { return find(name) != nullptr; }

bool json_object::is_null(std::string_view name) const {
    const auto* value = find(name);
    return value && value->is_null();
}

std::string json_object::pointer(std::string_view name) const {
    auto out = pointer_;
    if (!name.empty()) append_pointer(out, name);
    return out;
}

void json_object::fail(std::string_view name, std::string code, std::string detail) {
    doc_->fail(pointer(name), std::move(code), std::move(detail));
}

std::optional<std::string> json_document::read_string(const boost::json::value& value, const std::string& pointer,
                                                      std::size_t min, std::size_t max, bool controls) {
    if (!value.is_string()) {
        fail(pointer, "wrong_type", "Must be a string.");
        return std::nullopt;
    }
    const std::string_view text = value.get_string();
    auto checked = check_string(text, min, max, controls);
    if (checked.code) {
        fail(pointer, checked.code, std::move(checked.detail));
        return std::nullopt;
    }
    return std::string(text);
}

std::optional<std::int64_t> json_document::read_integer(const boost::json::value& value, const std::string& pointer,
                                                        std::int64_t min, std::int64_t max) {
    if (const auto* i = value.if_int64(); i && *i >= min && *i <= max) return *i;
    if (!value.is_number())
        fail(pointer, "wrong_type", "Must be an integer.");
    else if (value.is_double() && std::isfinite(value.get_double()))
        fail(pointer, "not_an_integer", "Must be written as an integer, without fraction, exponent or minus zero.");
    else
        fail(pointer, "out_of_range", range("Must be an integer", min, max));
    return std::nullopt;
}

std::string json_object::string(std::string_view name, std::size_t min, std::size_t max) {
    const auto* value = need(name);
    if (!value) return {};
    return doc_->read_string(*value, pointer(name), min, max).value_or("");
}

std::string json_object::any_string(std::string_view name, std::size_t min, std::size_t max) {
    const auto* value = need(name);
    if (!value) return {};
    return doc_->read_string(*value, pointer(name), min, max, true).value_or("");
}

std::optional<std::string> json_object::optional_string(std::string_view name, std::size_t min, std::size_t max) {
    const auto* value = want(name);
    if (!value) return std::nullopt;
    return doc_->read_string(*value, pointer(name), min, max);
}

std::int64_t json_object::integer(std::string_view name, std::int64_t min, std::int64_t max) {
    const auto* value = need(name);
    if (!value) return min;
    return doc_->read_integer(*value, pointer(name), min, max).value_or(min);
}

std::optional<std::int64_t> json_object::optional_integer(std::string_view name, std::int64_t min, std::int64_t max) {
    const auto* value = want(name);
    if (!value) return std::nullopt;
    return doc_->read_integer(*value, pointer(name), min, max);
}

bool json_object::boolean(std::string_view name) {
    const auto* value = need(name);
    if (!value) return false;
    if (const auto* b = value->if_bool()) return *b;
    fail(name, "wrong_type", "Must be true or false.");
    return false;
}

uuid json_object::id(std::string_view name) {
    const auto* value = need(name);
    if (!value) return {};
    const auto* text = value->if_string();
    if (!text) {
        fail(name, "wrong_type", "Must be an id, as a string.");
        return {};
    }
    const auto id = uuid::parse(std::string_view(*text));
    if (id && !id->is_nil()) return *id;
    fail(name, "invalid_id", "Must be a UUID of 36 characters, not all zero.");
    return {};
}

std::optional<uuid> json_object::optional_id(std::string_view name) {
    if (!want(name)) return std::nullopt;
    const auto read = id(name);
    if (read.is_nil()) return std::nullopt;
    return read;
}

json_object json_object::object(std::string_view name) {
    const auto* value = need(name);
    if (value && !value->is_object()) fail(name, "wrong_type", "Must be an object.");
    return json_object(*doc_, value ? value->if_object() : nullptr, pointer(name));
}

std::optional<json_object> json_object::optional_object(std::string_view name) {
    if (!want(name)) return std::nullopt;
    return object(name);
}

const boost::json::array* json_object::array(std::string_view name, std::size_t max, bool required) {
    const auto* value = required ? need(name) : want(name);
    if (!value) return nullptr;
    const auto* elements = value->if_array();
    if (!elements) {
        fail(name, "wrong_type", "Must be an array.");
    } else if (elements->size() > max) {
        fail(name, "too_many", "Must have at most " + std::to_string(max) + " elements.");
        return nullptr;
    }
    return elements;
}

std::vector<json_object> json_object::objects(std::string_view name, std::size_t max, bool required) {
    std::vector<json_object> out;
    const auto* elements = array(name, max, required);
    if (!elements) return out;
    out.reserve(elements->size());
    for (std::size_t i = 0; i < elements->size(); ++i) {
        const auto at = pointer(name) + "/" + std::to_string(i);
        const auto* object = (*elements)[i].if_object();
        if (!object) doc_->fail(at, "wrong_type", "Must be an object.");
        out.push_back(json_object(*doc_, object, at));
    }
    return out;
}

std::vector<std::string> json_object::strings(std::string_view name, std::size_t max, std::size_t max_length,
                                              bool required) {
    std::vector<std::string> out;
    const auto* elements = array(name, max, required);
    if (!elements) return out;
    for (std::size_t i = 0; i < elements->size(); ++i) {
        const auto at = pointer(name) + "/" + std::to_string(i);
        out.push_back(doc_->read_string((*elements)[i], at, 0, max_length).value_or(""));
    }
    return out;
}

std::vector<std::int64_t> json_object::integers(std::string_view name, std::size_t max_count, std::int64_t min,
                                                std::int64_t max, bool required) {
    std::vector<std::int64_t> out;
    const auto* elements = array(name, max_count, required);
    if (!elements) return out;
    for (std::size_t i = 0; i < elements->size(); ++i) {
        const auto at = pointer(name) + "/" + std::to_string(i);
        out.push_back(doc_->read_integer((*elements)[i], at, min, max).value_or(min));
    }
    return out;
}

json_document::json_document(std::string_view text, json_limits limits)
    : value_(boost::json::make_shared_resource<wiping_memory>()) {
    auto fault = parse_json(text, limits, value_);
    if (!fault) return;
    std::vector<field_error> errors;
    if (fault->code == "duplicate_member") errors.push_back(field_error{fault->pointer, fault->code, fault->detail});
    throw api_error(400, fault->code, fault->detail, std::move(errors));
}

json_object json_document::object() {
    const auto* root = value_.if_object();
    if (!root) fail("", "wrong_type", "The document must be an object.");
    return json_object(*this, root, "");
}

void json_document::fail(std::string pointer, std::string code, std::string detail) {
    if (findings_.size() < max_findings)
        findings_.push_back(field_error{std::move(pointer), std::move(code), std::move(detail)});
}

void json_document::start_over() {
    states_.clear();
    index_.clear();
    findings_.clear();
}

void json_document::finish() {
    for (const auto& state : states_) {
        for (const auto& member : *state.object) {
            const std::string_view key = member.key();
            if (std::find(state.known.begin(), state.known.end(), key) != state.known.end()) continue;
            auto pointer = state.pointer;
            append_pointer(pointer, key);
            fail(std::move(pointer), "unknown_field", "This member is not known here.");
        }
    }
    states_.clear();
    if (failed()) throw api_error(422, "validation_failed", "The request has invalid members.", std::move(findings_));
}

}  // namespace mita
