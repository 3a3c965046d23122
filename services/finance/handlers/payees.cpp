// /v1/payees: who was paid. Transactions find and make them by their texts; here they are named, given a usual
// category, merged and taken apart again.
#include "core/error.hpp"
#include "finance/handlers/change_settled.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/handlers/write_keyed.hpp"
#include "finance/payees/payee_body.hpp"
#include "finance/payees/payee_word.hpp"
#include "finance/wire/fields.hpp"
#include "finance/wire/query_fields.hpp"
#include "http/conditional.hpp"
#include "http/page.hpp"
#include "http/percent.hpp"
#include "http/query_reader.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

constexpr std::int64_t most_moved = 10'000;  // bookings of one merge: one statement writes them all

[[noreturn]] void not_found() { throw api_error(404, "not_found", "No such payee."); }

std::string text_of(const payee& p) {
    json_out out;
    append(out, p);
    return std::move(out.text);
}

http::response answer_of(unsigned status, const payee& p) {
    auto answer = http::json(status, text_of(p));
    http::with_etag(answer, tag_of(p));
    return answer;
}

// With their versions; a person without a row gets one. ids: those wanted; word: of a name, whom it means.
awaitable<payee_store::known> payees_of(app& a, const uuid& user, const std::vector<uuid>& ids, std::string word,
                                        deadline d) {
    for (int attempt = 0; attempt < 3; ++attempt) {
        auto known = co_await a.payees.read(user, ids, word, d);
        if (known) co_return std::move(*known);
        co_await a.profiles.require(user, d);
    }
    throw overloaded("the person is being erased");
}

const payee* shown(const payee_store::known& known, const uuid& id) {
    const auto found = std::ranges::find(known.found, id, &payee::id);
    return found == known.found.end() || found->merged_into ? nullptr : &*found;
}

const payee& one_or_404(const payee_store::known& known, const uuid& id) {
    const auto* found = shown(known, id);
    if (found == nullptr) not_found();
    return *found;
}

[[noreturn]] void refuse_name(const payee& p) {
    throw api_error(409, "already_exists", "\"" + p.name + "\" already means another payee: merge the two.");
}

// A name as it will be compared; empty where there is none to compare: the body's reader says so.
std::string word_named(const boost::json::value& body) {
    const auto* in = body.if_object();
    const auto* name = in == nullptr ? nullptr : in->if_contains("name");
    return name == nullptr || !name->is_string() ? std::string() : payee_word_of(std::string_view(name->get_string()));
}

awaitable<keyed_try> try_create(app& a, const http::request& req, json_document& body, const keyed_request* key) {
    const uuid user = req.who->user_id;
    const auto known = co_await payees_of(a, user, {}, word_named(body.value()), req.until);
    const auto book = co_await a.categories.read(user, req.until);
    const auto made = read_new_payee(body, {book, wall::now()});
    if (known.word_means) refuse_name(made);
    keyed_try out;
    out.answer = answer_of(201, made);
    http::with_header(out.answer, "Location", "/v1/payees/" + made.id.str());
    const keyed_answer answer{key, out.answer, made.created_at};
    out.came = co_await a.payees.insert(user, made, known.version, answer, req.until);
    co_return out;
}

std::string word_in(std::string_view body) {
    const json_document doc(body);
    return word_named(doc.value());
}

awaitable<std::optional<http::response>> try_patch(app& a, http::request& req, const uuid& user, const uuid& id) {
    const auto known = co_await payees_of(a, user, {id}, word_in(req.body), req.until);
    const auto& before = one_or_404(known, id);
    http::require_if_match(req, tag_of(before));
    const auto book = co_await a.categories.read(user, req.until);
    const auto now = read_payee_patch(req.body, before, {book, wall::now()});
    if (known.word_means && *known.word_means != id) refuse_name(now);
    const bool done = co_await a.payees.change(user, now, known.version, req.until);
    if (!done) co_return std::nullopt;
    co_return answer_of(200, now);
}

// What is in use is archived.
awaitable<std::optional<http::response>> try_delete(app& a, http::request& req, const uuid& user, const uuid& id) {
    const auto known = co_await payees_of(a, user, {id}, {}, req.until);
    const auto& before = one_or_404(known, id);
    http::require_if_match(req, tag_of(before));
    const auto bookings = co_await a.payees.booked(user, {id}, 1, req.until);
    bool done = false;
    if (bookings == 0) {
        done = co_await a.payees.remove(user, id, known.version, req.until);
    } else {
        auto kept = before;
        kept.archived = true;
        ++kept.version;
        kept.updated_at = wall::now();
        done = co_await a.payees.change(user, kept, known.version, req.until);
    }
    if (!done) co_return std::nullopt;
    co_return http::empty(204);
}

[[noreturn]] void refuse_too_many(std::string pointer, const std::string& detail) {
    std::vector<field_error> errors;
    errors.push_back({std::move(pointer), "too_many", detail});
    throw api_error(422, "validation_failed", detail, std::move(errors));
}

[[noreturn]] void refuse_so_many(std::string pointer) {
    refuse_too_many(std::move(pointer), "More than " + std::to_string(most_moved) +
                                            " transactions were booked with them: too many for one write.");
}

// `into` as it is once these are merged into it.
payee merged_with(const payee_store::known& known, const payee_merge& m, wall::time_point now) {
    std::vector<field_error> wrong;
    const auto unknown = [&](std::string pointer) {
        wrong.push_back({std::move(pointer), "unknown_payee", "No such payee."});
    };
    const auto* into = shown(known, m.into);
    if (into == nullptr) unknown("/into");
    for (std::size_t i = 0; i < m.from.size(); ++i)
        if (shown(known, m.from[i]) == nullptr) unknown("/from/" + std::to_string(i));
    if (!wrong.empty()) throw api_error(422, "unknown_payee", "No such payee.", std::move(wrong));
    auto out = *into;
    if (out.merged.size() + m.from.size() > most_merged)
        refuse_too_many("/from", "At most " + std::to_string(most_merged) + " payees are merged into one.");
    for (const auto& id : m.from) out.merged.push_back(id.str() + ' ' + shown(known, id)->name);
    std::ranges::sort(out.merged);  // as they will be read: by id
    ++out.version;
    out.updated_at = now;
    return out;
}

awaitable<keyed_try> try_merge(app& a, const http::request& req, json_document& body, const keyed_request* key) {
    const uuid user = req.who->user_id;
    const auto asked = read_payee_merge(body);
    auto ids = asked.from;
    ids.push_back(asked.into);
    const auto known = co_await payees_of(a, user, ids, {}, req.until);
    const auto now = wall::now();
    const auto whole = merged_with(known, asked, now);
    const auto moved = co_await a.payees.booked(user, asked.from, most_moved + 1, req.until);
    if (moved > most_moved) refuse_so_many("/from");
    keyed_try out;
    out.answer = answer_of(200, whole);
    const keyed_answer answer{key, out.answer, now};
    out.came =
        co_await a.payees.merge(user, asked.into, asked.from, known.version, answer, writer(*req.who), req.until);
    co_return out;
}

awaitable<keyed_try> try_unmerge(app& a, const http::request& req, json_document& body, const keyed_request* key) {
    const uuid user = req.who->user_id;
    const auto id = parse_path_id(req.params[0]);
    body.object();
    body.finish();
    const auto known = co_await payees_of(a, user, {id}, {}, req.until);
    if (known.found.empty()) not_found();
    auto back = known.found.front();
    if (!back.merged_into) throw api_error(409, "not_merged", "It is merged into no other.");
    const auto way = co_await a.payees.find_way_back(user, id, most_moved + 1, req.until);
    keyed_try out;
    if (!way.root) co_return out;  // taken apart since: read again
    if (way.named_alike)
        throw api_error(409, "already_exists", "What it is merged into has its name by now: rename that one first.");
    if (way.bookings > most_moved) refuse_so_many("");
    back.merged_into.reset();
    ++back.version;
    back.updated_at = wall::now();
    out.answer = answer_of(200, back);
    const keyed_answer answer{key, out.answer, back.updated_at};
    out.came = co_await a.payees.unmerge(user, id, *way.root, known.version, answer, writer(*req.who), req.until);
    co_return out;
}

struct list_asked {
    payee_filter filter;
    int limit = 50;
    std::optional<std::string> cursor;
    std::string query;  // the filter, for cursors and links
};

list_asked read_list(const http::request& req) {
    constexpr std::size_t longest_prefix = 400;  // bytes
    http::query_reader in(req.query);
    list_asked out;
    out.limit = in.limit().value_or(out.limit);
    out.cursor = in.take("cursor");
    const auto prefix = in.take("prefix");
    const auto archived = take_flag(in, "archived");
    if (prefix) {
        if (prefix->size() > longest_prefix) in.fail("prefix", "too_long", "Must have at most 100 characters.");
        out.filter.prefix = payee_word_of(*prefix);
        if (out.filter.prefix.empty()) in.fail("prefix", "too_short", "Nothing to compare.");
        out.query = "prefix=" + http::percent_encode(*prefix);
    }
    if (archived) {
        out.filter.archived = *archived;
        out.query += (out.query.empty() ? "archived=" : "&archived=") + std::string(*archived ? "true" : "false");
    }
    in.finish();
    return out;
}

std::string bytes_of(const payee_place& at) {
    return std::string(reinterpret_cast<const char*>(at.id.bytes.data()), at.id.bytes.size()) + at.word;
}

payee_place place_from(const std::string& bytes) {
    payee_place at;
    if (bytes.size() < at.id.bytes.size()) throw http::wrong_cursor();
    std::copy_n(bytes.begin(), at.id.bytes.size(), at.id.bytes.begin());
    at.word = bytes.substr(at.id.bytes.size());
    return at;
}

std::string list_of(const payee_store::page& page, const std::optional<std::string>& cursor) {
    constexpr std::size_t bytes_of_one = 240;
    json_out out({}, 64 + page.entries.size() * bytes_of_one);
    out.open('{').key("data").open('[');
    for (const auto& p : page.entries) append(out, p);
    return out.end_list(cursor);
}

}  // namespace

awaitable<http::response> list_payees(http::request& req, app& a) {
    const auto asked = read_list(req);
    const uuid user = req.who->user_id;
    const auto scope = http::cursor_scope(req.route, user, asked.query);
    std::optional<payee_place> from;
    if (asked.cursor) from = place_from(a.all.cursors.open(*asked.cursor, scope));
    if (req.headers.find("If-None-Match") != nullptr) {
        const auto version = co_await a.ledger.version(user, req.until);
        auto same = http::not_modified(req, "y" + std::to_string(version.value_or(0)));
        if (same) co_return std::move(*same);
    }
    const auto page = co_await a.payees.list(user, asked.filter, from, asked.limit, req.until);
    std::optional<std::string> cursor;
    if (page.next) cursor = a.all.cursors.seal(bytes_of(*page.next), scope);
    auto answer = http::json(200, list_of(page, cursor));
    http::with_etag(answer, "y" + std::to_string(page.ledger_version));
    if (cursor) http::with_header(answer, "Link", http::next_link(req.route, asked.limit, asked.query, *cursor));
    co_return answer;
}

awaitable<http::response> read_payee(http::request& req, app& a) {
    http::refuse_query(req);
    const auto id = parse_path_id(req.params[0]);
    const auto known = co_await payees_of(a, req.who->user_id, {id}, {}, req.until);
    const auto& found = one_or_404(known, id);
    co_return http::json_with_etag(req, text_of(found), tag_of(found));
}

awaitable<http::response> create_payee(http::request& req, app& a) { return write_keyed(req, a, try_create); }

awaitable<http::response> patch_payee(http::request& req, app& a) { return change_one(req, a, try_patch); }

awaitable<http::response> delete_payee(http::request& req, app& a) { return change_one(req, a, try_delete); }

awaitable<http::response> merge_payees(http::request& req, app& a) { return write_keyed(req, a, try_merge); }

awaitable<http::response> unmerge_payee(http::request& req, app& a) {
    return write_keyed(req, a, try_unmerge, without_body);
}

}  // namespace mita::finance
