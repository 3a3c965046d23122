#include "http/accept_encoding.hpp"

#include "http/grammar.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace mita::http {

namespace {

// "0.8" in thousandths; nullopt when it is no weight, which then says nothing.
std::optional<int> weight_of(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
    if (text.size() > 1 && text[1] != '.') return std::nullopt;
    int out = (text[0] - '0') * 1000;
    int unit = 100;
    for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
        if (c < '0' || c > '9') return std::nullopt;
        out += (c - '0') * unit;
        unit /= 10;
    }
    return out > 1000 ? std::nullopt : std::optional(out);
}

struct weights {
    std::optional<int> gzip, identity, any;

    // "gzip;q=0.8"
    void add(std::string_view item) {
        const auto semicolon = std::min(item.find(';'), item.size());
        const auto name = grammar::trim(item.substr(0, semicolon));
        const auto parameter = grammar::trim(item.substr(std::min(semicolon + 1, item.size())));
        int weight = 1000;
        if (parameter.size() >= 2 && iequals(parameter.substr(0, 2), "q="))
            weight = weight_of(parameter.substr(2)).value_or(1000);
        if (iequals(name, "gzip") || iequals(name, "x-gzip")) gzip = std::max(gzip.value_or(0), weight);
        if (iequals(name, "identity")) identity = weight;
        if (name == "*") any = weight;
    }

    void add_all(std::string_view list) {
        while (!list.empty()) {
            const auto comma = std::min(list.find(','), list.size());
            add(list.substr(0, comma));
            list.remove_prefix(std::min(comma + 1, list.size()));
        }
    }
};

}  // namespace

bool prefers_gzip(const header_list& headers) {
    weights w;
    for (const header& h : headers)
        if (iequals(h.name, "Accept-Encoding")) w.add_all(h.value);
    const int packed = w.gzip ? *w.gzip : w.any.value_or(0);
    // Plain bytes that nobody names are taken, but rank behind what is named.
    const int plain = w.identity ? *w.identity : 0;
    return packed > 0 && packed >= plain;
}

}  // namespace mita::http
