// /v1/tags: what transactions are tagged with, how often, and acts on all of them at once.
#include "core/error.hpp"
#include "finance/handlers/tag_handlers.hpp"
#include "finance/once/write_once.hpp"
#include "finance/tags/tag_store.hpp"
#include "finance/wire/fields.hpp"
#include "http/conditional.hpp"
#include "http/page.hpp"
#include "http/percent.hpp"
#include "http/query_reader.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

constexpr std::size_t longest_tag = 50;        // as a transaction's
constexpr std::size_t most_tags = 100;         // of one act
constexpr std::int64_t most_changed = 10'000;  // transactions of one act: one statement writes them all

struct tag_change {
    std::vector<std::string> from;
    std::optional<std::string> into;
};

std::vector<std::string> read_tags(json_document& doc, json_object& in, const char* name) {
    auto out = in.strings(name, most_tags, longest_tag, true);
    const auto* list = in.raw(name) == nullptr ? nullptr : in.raw(name)->if_array();
    if (list == nullptr || list->size() > most_tags) return out;
    if (list->empty()) in.fail(name, "too_few", "Must name at least one tag.");
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto* given = (*list)[i].if_string();
        if (given == nullptr || std::string_view(*given) != out[i]) continue;  // it has its finding
        const auto here = out.begin() + static_cast<std::ptrdiff_t>(i);
        const auto at = in.pointer(name) + "/" + std::to_string(i);
        if (out[i].empty())
            doc.fail(at, "too_short", "Must not be empty.");
        else if (std::find(out.begin(), here, out[i]) != here)
            doc.fail(at, "duplicate_id", "Is there already.");
    }
    return out;
}

tag_change read_merge(json_document& doc) {
    auto in = doc.object();
    tag_change out;
    out.from = read_tags(doc, in, "from");
    out.into = read_name(in, "into", longest_tag);
    finish_body(doc);
    return out;
}

tag_change read_removal(json_document& doc) {
    auto in = doc.object();
    tag_change out;
    out.from = read_tags(doc, in, "tags");
    finish_body(doc);
    return out;
}

http::response answer_of(std::int64_t transactions) {
    json_out out;
    out.open('{').field("transactions", transactions).close('}');
    return http::json(200, std::move(out.text));
}

awaitable<tag_store::uses> uses_of(app& a, const uuid& user, const std::vector<std::string>& tags, deadline d) {
    for (int attempt = 0; attempt < 3; ++attempt) {
        const auto found = co_await tag_store(a.db).count(user, tags, most_changed + 1, d);
        if (found.ledger_version > 0 || found.transactions > 0) co_return found;
        const auto who = co_await a.profiles.require(user, d);
        if (who.ledger_version == 0) co_return found;
    }
    throw overloaded("the person is being erased");
}

awaitable<keyed_try> try_replace(app& a, const http::request& req, tag_change asked, const keyed_request* key) {
    const uuid user = req.who->user_id;
    const deadline d = req.until;
    // What is renamed to itself stays.
    if (asked.into) std::erase(asked.from, *asked.into);
    const auto now = co_await uses_of(a, user, asked.from, d);
    if (now.transactions > most_changed) {
        const auto detail =
            "More than " + std::to_string(most_changed) + " transactions have them: too many for one write.";
        std::vector<field_error> errors{{asked.into ? "/from" : "/tags", "too_many", detail}};
        throw api_error(422, "validation_failed", detail, std::move(errors));
    }
    keyed_try out;
    out.answer = answer_of(now.transactions);
    const keyed_answer answer{key, out.answer, wall::now()};
    if (now.transactions == 0) {
        out.came = co_await a.kept_answers.keep(user, answer, d);
        co_return out;
    }
    const state_before from{now.ledger_version, std::nullopt};
    out.came = co_await tag_store(a.db).replace(user, asked.from, asked.into, from, answer, writer(*req.who), d);
    co_return out;
}

awaitable<http::response> replace_tags(http::request& req, app& a, tag_change (*read)(json_document&)) {
    http::refuse_query(req);
    const uuid user = req.who->user_id;
    const auto attempt = [&](json_document& body, const keyed_request* key, int) {
        return try_replace(a, req, read(body), key);
    };
    auto answer = co_await write_once(a.way(), req, keyed_form(), attempt);
    a.all.forget(user);
    co_return answer;
}

}  // namespace

awaitable<http::response> list_tags(http::request& req, app& a) {
    http::query_reader query(req.query);
    const int limit = query.limit().value_or(50);
    const auto cursor = query.take("cursor");
    const auto prefix = query.take("prefix");
    if (prefix && (prefix->empty() || prefix->size() > 4 * longest_tag))
        query.fail("prefix", prefix->empty() ? "too_short" : "too_long", "Must have 1 to 50 characters.");
    query.finish();
    const uuid user = req.who->user_id;
    const auto filter = prefix ? "prefix=" + http::percent_encode(*prefix) : std::string();
    const auto scope = http::cursor_scope(req.route, user, filter);
    const auto after = cursor ? a.all.cursors.open(*cursor, scope) : std::string();
    const auto page = co_await tag_store(a.db).list(user, prefix.value_or(""), after, limit, req.until);
    const auto tag = "g" + std::to_string(page.ledger_version);
    auto same = http::not_modified(req, tag);
    if (same) co_return std::move(*same);
    std::optional<std::string> next;
    if (page.more) next = a.all.cursors.seal(page.entries.back().tag, scope);
    json_out out({}, 64 + page.entries.size() * 48);
    out.open('{').key("data").open('[');
    for (const auto& e : page.entries) out.open('{').field("tag", e.tag).field("transactions", e.uses).close('}');
    auto answer = http::json(200, out.end_list(next));
    http::with_etag(answer, tag);
    if (next) http::with_header(answer, "Link", http::next_link(req.route, limit, filter, *next));
    co_return answer;
}

awaitable<http::response> merge_tags(http::request& req, app& a) {
    auto answer = co_await replace_tags(req, a, read_merge);
    co_return answer;
}

awaitable<http::response> remove_tags(http::request& req, app& a) {
    auto answer = co_await replace_tags(req, a, read_removal);
    co_return answer;
}

}  // namespace mita::finance
