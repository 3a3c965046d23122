// Pages and their assets. A page is asked for anew each time, by its tag; an asset's name holds its hash, so that it
// never changes and is kept for ever.
#include "core/error.hpp"
#include "gateway/own/own.hpp"
#include "gateway/own/page_files.hpp"
#include "http/accept_encoding.hpp"
#include "http/conditional.hpp"

#include <algorithm>
#include <string>

namespace mita::gateway::own {

namespace {

constexpr const char* policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
constexpr std::string_view ask_anew = "public, no-cache", for_ever = "public, max-age=31536000, immutable";

http::response answer(const http::request& req, const page_file& file, bool page) {
    auto out = answer_file(req, file, page ? ask_anew : for_ever);
    // A browser takes the policy of a 304 for the page it has kept.
    if (page) http::with_header(out, "Content-Security-Policy", policy);
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

http::response answer_file(const http::request& req, const page_file& file, std::string_view caching) {
    const bool packed = http::prefers_gzip(req.headers);
    const std::string tag = std::string(file.tag).append(packed ? http::packed_mark : "");
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
    http::with_header(out, "Vary", "Accept-Encoding");
    return out;
}

awaitable<http::response> docs(http::request& req, app&) { co_return named(req, "docs", true); }
awaitable<http::response> ops_page(http::request& req, app&) { co_return named(req, "ops", true); }

awaitable<http::response> asset(http::request& req, app&) {
    const auto name = req.params[0];
    if (name.find('.') == std::string_view::npos) throw api_error(404, "not_found", "No such asset.");
    co_return named(req, name, false);
}

}  // namespace mita::gateway::own
