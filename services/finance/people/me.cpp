#include "finance/people/me.hpp"

#include "finance/wire/json_out.hpp"

#include <array>
#include <utility>

namespace mita::finance {

namespace {

std::string me_json(const profile& own, const auth_user& login) {
    json_out out;
    out.open('{').field("id", own.id.str()).field("email", login.email);
    out.field("display_name", login.display_name).field("timezone", own.timezone);
    out.field("currency", own.currency).field("locale", own.locale).field("region", own.region);
    out.field("onboarded", own.onboarded_on.has_value());
    out.key("settings").open('{').field("cover", own.cover).close('}').close('}');
    return std::move(out.text);
}

}  // namespace

std::size_t person_size::operator()(const uuid&, const person& p) const {
    return sizeof(person) + p.own.timezone.capacity() + p.own.locale.capacity() + p.login.email.capacity() +
           p.login.display_name.capacity() + p.body.capacity() + p.tag.capacity();
}

std::shared_ptr<const person> make_person(profile own, auth_user login) {
    auto p = std::make_shared<person>();
    p->body = me_json(own, login);
    p->body.shrink_to_fit();
    p->tag = tag_of(own, login);
    p->own = std::move(own);
    p->login = std::move(login);
    return p;
}

std::string tag_of(const profile& own, const auth_user& login) {
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

}  // namespace mita::finance
