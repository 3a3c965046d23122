#include "finance/person.hpp"

#include "core/error.hpp"
#include "core/json_reader.hpp"
#include "finance/json_out.hpp"
#include "jwt/bearer.hpp"

#include <boost/json/parse.hpp>

#include <array>
#include <exception>
#include <utility>

namespace mita::finance {

namespace {

api_error auth_is_away() {
    api_error e(503, "unavailable", "The account service does not answer right now; try again.");
    e.with_header("Retry-After", "1");
    return e;
}

std::string me_json(const profile& own, const account& login) {
    json_out out;
    out.open('{').field("id", own.id.str()).field("email", login.email);
    out.field("display_name", login.display_name).field("timezone", own.timezone);
    out.field("currency", own.currency).field("locale", own.locale).field("region", own.region);
    out.field("onboarded", own.onboarded_on.has_value());
    out.key("settings").open('{').field("cover", own.cover).close('}').close('}');
    return std::move(out.text);
}

account account_from(std::string_view json) {
    const auto doc = boost::json::parse(json);
    account a;
    a.email = std::string(doc.at("email").as_string());
    a.display_name = std::string(doc.at("display_name").as_string());
    return a;
}

}  // namespace

std::size_t person_size::operator()(const uuid&, const person& p) const {
    return sizeof(person) + p.own.timezone.capacity() + p.own.locale.capacity() + p.login.email.capacity() +
           p.login.display_name.capacity() + p.body.capacity() + p.tag.capacity();
}

std::shared_ptr<const person> make_person(profile own, account login) {
    auto p = std::make_shared<person>();
    p->body = me_json(own, login);
    p->body.shrink_to_fit();
    p->tag = tag_of(own, login);
    p->own = std::move(own);
    p->login = std::move(login);
    return p;
}

std::string tag_of(const profile& own, const account& login) {
    std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a: auth's part has no version of its own
    const auto mix = [&hash](std::string_view text) {
        for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
        hash = (hash ^ 0xffU) * 1099511628211ULL;
    };
    mix(login.email);
    mix(login.display_name);
    constexpr std::string_view hex = "0123456789abcdef";
    std::array<char, 16> digits{};
    for (auto& c : digits) {
        c = hex[hash & 15U];
        hash >>= 4U;
    }
    return "m" + std::to_string(own.version) + "-" + std::string(digits.data(), digits.size());
}

awaitable<account> account_client::find(uuid id, deadline d) {
    http::client_request r(http::verb::get, "/internal/v1/users/" + id.str());
    co_return co_await ask(std::move(r), d);
}

awaitable<account> account_client::rename(uuid id, std::string display_name, deadline d) {
    http::client_request r(http::verb::patch, "/internal/v1/users/" + id.str());
    r.idempotent = true;  // the same name again changes nothing
    r.headers = "Content-Type: application/json\r\n";
    r.body = "{\"display_name\":";
    append_json_string(r.body, display_name);
    r.body += '}';
    co_return co_await ask(std::move(r), d);
}

awaitable<account> account_client::ask(http::client_request r, deadline d) {
    r.headers += jwt::authorization_line(token_);
    http::client_response answer;
    bool away = false;
    try {
        answer = co_await auth_.send(std::move(r), d);
    } catch (const http::upstream_error&) {
        away = true;
    }
    if (away) throw auth_is_away();
    if (answer.status == 404) throw api_error(404, "not_found", "This account does not exist any more.");
    if (answer.status != 200) throw auth_is_away();
    try {
        co_return account_from(answer.body);
    } catch (const std::exception&) {
        away = true;
    }
    throw auth_is_away();
}

}  // namespace mita::finance
