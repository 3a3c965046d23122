// Query strings: decoding, encoding and the strict reader of parameters.
#include "core/error.hpp"
#include "core/utf8.hpp"
#include "http/grammar.hpp"
#include "http/message.hpp"
#include "http/percent.hpp"

namespace mita::http {

std::optional<std::string> percent_decode(std::string_view s, bool plus) {
    std::string out;
    out.reserve(s.size());
    for (std::size_t i = 0; i < s.size(); ++i) {
        if (s[i] == '+' && plus) {
            out.push_back(' ');
        } else if (s[i] != '%') {
            out.push_back(s[i]);
        } else {
            if (i + 2 >= s.size() || !grammar::is(s[i + 1], grammar::hex) || !grammar::is(s[i + 2], grammar::hex))
                return std::nullopt;
            const int value = grammar::hex_value(s[i + 1]) * 16 + grammar::hex_value(s[i + 2]);
            if (value == 0) return std::nullopt;
            out.push_back(static_cast<char>(value));
            i += 2;
        }
    }
    if (!utf8::length(out)) return std::nullopt;
    return out;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (plain.find(c) != std::string_view::npos) {
            out += c;
        } else {
            out += '%';
            out += hex[byte >> 4];
            out += hex[byte & 15];
        }
    }
    return out;
}

query_params::query_params(std::string_view raw) {
    constexpr std::size_t most = 64;
    while (!raw.empty()) {
        const std::size_t end = raw.find('&');
        const std::string_view pair = raw.substr(0, end);
        raw.remove_prefix(end == std::string_view::npos ? raw.size() : end + 1);
        if (pair.empty()) continue;
        const std::size_t equals = pair.find('=');
        std::optional<std::string> name = percent_decode(pair.substr(0, equals), true);
        std::optional<std::string> value =
            percent_decode(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
        if (!name || !value || name->empty())
            throw api_error(400, "malformed_query", "The query string is not well formed");
        for (const item& other : items_)
            if (other.name == *name)
                throw api_error(400, "malformed_query", "A query parameter is given twice: " + *name);
        if (items_.size() == most) throw api_error(400, "malformed_query", "Too many query parameters");
        item one;
        one.name = std::move(*name);
        one.value = std::move(*value);
        items_.push_back(std::move(one));
    }
}

std::optional<std::string> query_params::take(std::string_view name) {
    for (item& i : items_) {
        if (i.name != name) continue;
        i.taken = true;
        return i.value;
    }
    return std::nullopt;
}

void query_params::finish() const {
    for (const item& i : items_)
        if (!i.taken) throw api_error(400, "unknown_parameter", "Unknown query parameter: " + i.name);
}

void refuse_query(const request& req) {
    if (req.query.empty()) return;
    const query_params given(req.query);
    given.finish();
}

}  // namespace mita::http
