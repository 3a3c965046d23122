// Pages and their assets. A page is asked for anew each time, by its tag; an asset's name holds its hash, so that it
// never changes and is kept for ever.
#include "core/error.hpp"
#include "gateway/own/own.hpp"
#include "gateway/own/page_files.hpp"
#include "http/conditional.hpp"
#include "http/grammar.hpp"

#include <algorithm>
#include <string>

namespace mita::gateway::own {

namespace {

constexpr const char* policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
constexpr std::string_view ask_anew = "public, no-cache", for_ever = "public, max-age=31536000, immutable";

// "br, gzip;q=0.8": is gzip among the codings, and not by a weight of 0? (RFC 9110 12.5.3)
bool takes_gzip(std::string_view list) {
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        auto coding = list.substr(0, comma);
        list.remove_prefix(std::min(comma + 1, list.size()));
        const auto weight = std::min(coding.find(';'), coding.size());
        const auto name = http::grammar::trim(coding.substr(0, weight));
        if (!http::iequals(name, "gzip") && !http::iequals(name, "x-gzip") && name != "*") continue;
        auto q = http::grammar::trim(coding.substr(std::min(weight + 1, coding.size())));
        if (q.size() < 2 || !http::iequals(q.substr(0, 2), "q=")) return true;
        q.remove_prefix(2);
        return q.find_first_not_of("0.") != std::string_view::npos;
    }
    return false;
}

http::response answer(const http::request& req, const page_file& file, bool page) {
    const bool packed = takes_gzip(req.headers.value("Accept-Encoding"));
    const std::string tag = std::string(file.tag) + (packed ? "-gzip" : "");
    const auto caching = page ? ask_anew : for_ever;
    http::response out;
    if (auto same = http::not_modified(req, tag, caching)) {
        out = std::move(*same);
    } else {
        out.body = packed ? file.gzip : file.plain;
        out.content_type = file.type;
        http::with_etag(out, tag);
        http::with_header(out, "Cache-Control", std::string(caching));
        if (packed) http::with_header(out, "Content-Encoding", "gzip");
    }
    // A browser takes the policy of a 304 for the page it has kept.
    if (page) http::with_header(out, "Content-Security-Policy", policy);
    http::with_header(out, "Vary", "Accept-Encoding");
    return out;
}

http::response named(const http::request& req, std::string_view name, bool page) {
    http::refuse_query(req);
    const auto all = page_files();
    const auto found = std::find_if(all.begin(), all.end(), [&](const page_file& f) { return f.name == name; });
    if (found == all.end()) throw api_error(404, "not_found", "No such asset; its page names it anew.");
    return answer(req, *found, page);
}

}  // namespace

awaitable<http::response> docs(http::request& req, app&) { co_return named(req, "docs", true); }
awaitable<http::response> ops_page(http::request& req, app&) { co_return named(req, "ops", true); }

awaitable<http::response> asset(http::request& req, app&) {
    const auto name = req.params[0];
    if (name.find('.') == std::string_view::npos) throw api_error(404, "not_found", "No such asset.");
    co_return named(req, name, false);
}

}  // namespace mita::gateway::own
