#include "finance/once/idempotency.hpp"

#include "core/error.hpp"
#include "core/json_reader.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

constexpr std::size_t longest_key = 255;

std::string digest(std::string_view text) {
    std::array<unsigned char, 32> out{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), out.data(), &size, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("SHA-256 failed");
    return {reinterpret_cast<const char*>(out.data()), out.size()};
}

// Depth is bounded by the reader (32).
void append_canonical(std::string& out, const boost::json::value& v) {
    if (const auto* o = v.if_object()) {
        std::vector<const boost::json::key_value_pair*> members;
        for (const auto& m : *o) members.push_back(&m);
        std::ranges::sort(members, {}, [](const auto* m) { return std::string_view(m->key()); });
        out += '{';
        for (const auto* m : members) {
            if (out.back() != '{') out += ',';
            append_json_string(out, m->key());
            out += ':';
            append_canonical(out, m->value());
        }
        out += '}';
    } else if (const auto* a = v.if_array()) {
        out += '[';
        for (const auto& item : *a) {
            if (out.back() != '[') out += ',';
            append_canonical(out, item);
        }
        out += ']';
    } else {
        append_json(out, v);
    }
}

}  // namespace

std::optional<std::string> read_key(const http::request& req, bool required) {
    const auto* given = req.headers.find("Idempotency-Key");
    if (given == nullptr) {
        if (!required) return std::nullopt;
        throw api_error(400, "idempotency_key_required",
                        "Send an Idempotency-Key of your own making, and the same one when you repeat the request.");
    }
    const auto key = given->value;
    const bool visible = std::ranges::all_of(key, [](char c) { return c > ' ' && c <= '~'; });
    if (key.empty() || key.size() > longest_key || !visible)
        throw api_error(400, "idempotency_key_invalid", "An Idempotency-Key has 1 to 255 visible ASCII characters.");
    return std::string(key);
}

std::string fingerprint_of(const boost::json::value& body) {
    std::string text;
    append_canonical(text, body);
    return digest(text);
}

std::string fingerprint_of_nothing() { return digest({}); }

keyed_request key_of(const http::request& req, std::string key, std::string fingerprint) {
    std::string scope(http::name(req.method));
    scope += ' ';
    scope += req.path;
    return {std::move(scope), std::move(key), std::move(fingerprint)};
}

std::string header_lines(const http::response& answer) {
    std::string out;
    for (const auto& [name, value] : answer.headers) out.append(name).append(": ").append(value).append("\n");
    return out;
}

http::response replay(const kept_answer& kept, const keyed_request& key) {
    if (kept.fingerprint != key.fingerprint)
        throw api_error(422, "idempotency_mismatch", "This Idempotency-Key was used for another body.");
    auto answer = http::json(static_cast<unsigned>(kept.status), kept.body);
    std::string_view rest = kept.headers;
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        const auto colon = line.find(": ");
        if (colon == std::string_view::npos) continue;
        http::with_header(answer, std::string(line.substr(0, colon)), std::string(line.substr(colon + 2)));
    }
    http::with_header(answer, "Idempotency-Replayed", "true");
    return answer;
}

bool is_replay(const http::response& answer) {
    return std::ranges::any_of(answer.headers, [](const auto& h) { return h.first == "Idempotency-Replayed"; });
}

void refuse_in_flight() {
    api_error e(409, "idempotency_in_flight", "A request with this Idempotency-Key is being worked on.");
    e.with_header("Retry-After", "1");
    throw e;
}

}  // namespace mita::finance
