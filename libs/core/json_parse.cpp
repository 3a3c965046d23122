#include "core/json_parse.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace mita {
namespace {

namespace json = boost::json;
using json_error = boost::system::error_code;

bool is_integer_text(std::string_view text) { return text.find_first_of(".eE") == std::string_view::npos; }

// Builds the value as boost::json::parser does, and besides keeps the names of the open objects: for duplicates and
// pointers.
class handler {
public:
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = max_object_size;
    static constexpr std::size_t max_key_size = max_object_size;
    static constexpr std::size_t max_string_size = max_object_size;

    handler(std::size_t max_members, const json::storage_ptr& memory)
        : memory_(memory), stack_(memory), max_members_(max_members) {}

    json::value release() { return stack_.release(); }
    bool too_many() const { return members_ > max_members_; }
    const std::optional<std::string>& duplicate() const { return duplicate_; }

    bool on_document_begin(json_error&) {
        stack_.reset(memory_);
        return true;
    }
    bool on_document_end(json_error&) { return true; }

    bool on_object_begin(json_error& ec) { return open(ec, true); }
    bool on_object_end(std::size_t n, json_error& ec) {
        if (!unique_names(ec)) return false;
        close();
        stack_.push_object(n);
        return true;
    }
    bool on_array_begin(json_error& ec) { return open(ec, false); }
    bool on_array_end(std::size_t n, json_error&) {
        close();
        stack_.push_array(n);
        return true;
    }

    bool on_key_part(std::string_view s, std::size_t, json_error&) {
        text_.append(s);
        stack_.push_chars(s);
        return true;
    }
    bool on_key(std::string_view s, std::size_t n, json_error&) {
        text_.append(s);
        names_.push_back(name{text_.size() - n, n});
        stack_.push_key(s);
        return true;
    }
    bool on_string_part(std::string_view s, std::size_t, json_error&) {
        stack_.push_chars(s);
        return true;
    }
    bool on_string(std::string_view s, std::size_t, json_error& ec) {
        stack_.push_string(s);
        return count(ec);
    }

    bool on_number_part(std::string_view s, json_error&) {
        number_.append(s);
        return true;
    }
    bool on_int64(std::int64_t i, std::string_view s, json_error& ec) {
        number_.append(s);
        if (i == 0 && number_.starts_with('-'))
            stack_.push_double(-0.0);
        else
            stack_.push_int64(i);
        number_.clear();
        return count(ec);
    }
    bool on_uint64(std::uint64_t u, std::string_view, json_error& ec) {
        stack_.push_uint64(u);
        number_.clear();
        return count(ec);
    }
    bool on_double(double d, std::string_view s, json_error& ec) {
        number_.append(s);
        constexpr auto infinity = std::numeric_limits<double>::infinity();
        if (is_integer_text(number_))
            d = number_.starts_with('-') ? -infinity : infinity;
        else if (!std::isfinite(d))
            d = std::copysign(std::numeric_limits<double>::max(), d);
        stack_.push_double(d);
        number_.clear();
        return count(ec);
    }
    bool on_bool(bool b, json_error& ec) {
        stack_.push_bool(b);
        return count(ec);
    }
    bool on_null(json_error& ec) {
        stack_.push_null();
        return count(ec);
    }
    bool on_comment_part(std::string_view, json_error&) { return true; }
    bool on_comment(std::string_view, json_error&) { return true; }

private:
    struct name {
        std::size_t at, size;  // in text_
    };
    struct level {
        bool object;
        std::size_t first_name, first_text, index;
    };

    std::string_view view(const name& n) const { return std::string_view(text_).substr(n.at, n.size); }

    // One value more below the root.
    bool count(json_error& ec) {
        if (levels_.empty()) return true;
        ++levels_.back().index;
        if (++members_ <= max_members_) return true;
        ec = json::error::object_too_large;
        return false;
    }
    bool open(json_error& ec, bool object) {
        if (!count(ec)) return false;
        levels_.push_back(level{object, names_.size(), text_.size(), 0});
        return true;
    }
    void close() {
        names_.resize(levels_.back().first_name);
        text_.resize(levels_.back().first_text);
        levels_.pop_back();
    }

    // Sorted, not hashed: nobody can choose names that make it slow.
    bool unique_names(json_error& ec) {
        const auto first = names_.begin() + static_cast<std::ptrdiff_t>(levels_.back().first_name);
        std::sort(first, names_.end(), [this](const name& a, const name& b) { return view(a) < view(b); });
        const auto twice = std::adjacent_find(first, names_.end(),
                                              [this](const name& a, const name& b) { return view(a) == view(b); });
        if (twice == names_.end()) return true;
        std::string pointer;
        for (std::size_t i = 0; i + 1 < levels_.size(); ++i) {
            if (levels_[i].object)
                append_pointer(pointer, view(names_[levels_[i + 1].first_name - 1]));
            else
                pointer += "/" + std::to_string(levels_[i].index - 1);
        }
        append_pointer(pointer, view(*twice));
        duplicate_ = std::move(pointer);
        ec = json::error::syntax;
        return false;
    }

    json::storage_ptr memory_;
    json::value_stack stack_;
    std::size_t max_members_;
    std::size_t members_ = 0;
    std::string text_;         // names of the open objects, one after the other
    std::vector<name> names_;  // of the open objects; the last of a level is the one being read
    std::vector<level> levels_;
    std::string number_;
    std::optional<std::string> duplicate_;
};

const char* reason(const json_error& ec) {
    switch (static_cast<json::error>(ec.value())) {
        case json::error::incomplete:
            return "it ends too early";
        case json::error::extra_data:
            return "something follows the document";
        case json::error::too_deep:
            return "it is nested too deeply";
        case json::error::illegal_leading_surrogate:
        case json::error::illegal_trailing_surrogate:
        case json::error::expected_utf16_escape:
            return "a surrogate stands alone";
        case json::error::exponent_overflow:
            return "a number's exponent is too large";
        default:
            return "the syntax is wrong";
    }
}

}  // namespace

void append_pointer(std::string& pointer, std::string_view name) {
    pointer.push_back('/');
    for (const char c : name) {
        if (c == '~')
            pointer += "~0";
        else if (c == '/')
            pointer += "~1";
        else
            pointer.push_back(c);
    }
}

std::optional<json_fault> parse_json(std::string_view text, const json_limits& limits, boost::json::value& out) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
        return json_fault{"empty_body", "", "The body is empty; a JSON document is expected."};
    json::parse_options options;
    options.max_depth = limits.depth;
    json::basic_parser<handler> parser(options, limits.members, out.storage());
    json_error ec;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
    if (!ec && read < text.size()) ec = json::error::extra_data;
    if (!ec) {
        out = parser.handler().release();
        return std::nullopt;
    }
    if (parser.handler().duplicate())
        return json_fault{"duplicate_member", *parser.handler().duplicate(), "A member is given more than once."};
    if (parser.handler().too_many()) return json_fault{"malformed_json", "", "The JSON document has too many members."};
    return json_fault{
        "malformed_json", "",
        std::string("The body is not JSON: ") + reason(ec) + " (near byte " + std::to_string(read) + ")."};
}

}  // namespace mita
