#include "auth/mailing.hpp"

#include "auth/mail/mail_store.hpp"
#include "auth/mail/post_office.hpp"
#include "auth/one_time/one_time_store.hpp"
#include "auth/revocation/judging_clock_store.hpp"
#include "core/clock.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace mita::auth {

namespace {

using namespace std::chrono_literals;

constexpr auto step_time = 5s;
constexpr int refusals_believed = 5;  // a server may refuse for a while: minutes of tries, then it is given up

struct mailer {
    mailer(app& all, metrics::registry& r)
        : a(all),
          queue(all.db),
          waiting(r.make_gauge("mita_auth_mails_waiting", "Mails in the queue")),
          sent(r.make_counter("mita_auth_mails_total", "Mails by what became of them", {{"result", "sent"}})),
          postponed(r.make_counter("mita_auth_mails_total", "Mails by what became of them", {{"result", "postponed"}})),
          refused(r.make_counter("mita_auth_mails_total", "Mails by what became of them", {{"result", "refused"}})),
          dropped(r.make_counter("mita_auth_mails_total", "Mails by what became of them", {{"result", "dropped"}})) {
        const auto& m = all.all.set.mail;
        if (m.on()) office.emplace(m.make_sender());
    }
    app& a;
    mail_store queue;
    std::optional<post_office> office;
    metrics::gauge& waiting;
    metrics::counter &sent, &postponed, &refused, &dropped;
};

// What a link of this kind proves, and the page it leads to.
struct link_kind {
    token_purpose purpose;
    const char* page;
};
std::optional<link_kind> link_of(letter_kind k) {
    switch (k) {
        case letter_kind::verify_email:
            return link_kind{token_purpose::verify_email, "/verify-email"};
        case letter_kind::reset_password:
            return link_kind{token_purpose::reset_password, "/reset-password"};
        case letter_kind::change_email:
            return link_kind{token_purpose::change_email, "/verify-email"};
        case letter_kind::email_change_asked:
        case letter_kind::email_changed:
        case letter_kind::password_changed:
        case letter_kind::account_deleted:
        case letter_kind::account_exists:
        case letter_kind::factor_added:
        case letter_kind::factor_removed:
        case letter_kind::recovery_code_used:
        case letter_kind::recovery_codes_renewed:
            break;
    }
    return std::nullopt;
}

// Whom it concerns; asked for by address, it is looked up here, away from any request (P7).
awaitable<std::optional<user>> person_of(mailer& m, const waiting_mail& mail) {
    std::optional<user> found;
    if (mail.user_id)
        found = co_await m.a.users.find(*mail.user_id, deadline::after(step_time));
    else
        found = co_await m.a.users.find_by_email(mail.recipient, deadline::after(step_time));
    if (found && !found->active()) found.reset();
    if (!found || mail.kind != letter_kind::change_email) co_return found;
    const auto other = co_await m.a.users.find_by_email(mail.recipient, deadline::after(step_time));
    if (other && other->id != found->id) found.reset();  // another person's address: nobody is told of it
    co_return found;
}

std::string epoch_and_address(const user& u) { return std::to_string(u.epoch) + ' ' + u.email_key; }

// Is there still something to say? A verified address needs no proof, a change that is done or off no link.
bool wanted(const waiting_mail& mail, const std::optional<user>& who) {
    switch (mail.kind) {
        case letter_kind::verify_email:
            return who && !who->email_verified_at;
        case letter_kind::reset_password:
        case letter_kind::account_exists:
            return who.has_value();
        case letter_kind::change_email:
            return who && mail.details.starts_with(epoch_and_address(*who) + ' ');
        case letter_kind::email_change_asked:
        case letter_kind::email_changed:
        case letter_kind::password_changed:
        case letter_kind::account_deleted:
        case letter_kind::factor_added:
        case letter_kind::factor_removed:
        case letter_kind::recovery_code_used:
        case letter_kind::recovery_codes_renewed:
            return true;
    }
    return false;
}

// The page takes the token from the fragment: it is in no request line, log or Referer (T13).
awaitable<std::string> link_to(mailer& m, const waiting_mail& mail, const user& who, link_kind to) {
    const auto until = deadline::after(step_time);
    const auto moved = co_await clock_moved(m.a.db, until);
    one_time_store tokens(m.a.db);
    auto bound = who.email_key;
    if (mail.kind == letter_kind::reset_password) bound = epoch_and_address(who);
    if (mail.kind == letter_kind::change_email) bound = mail.details;
    const auto token = co_await tokens.issue(to.purpose, who.id, bound, moved, until);
    co_return m.a.all.set.mail.public_url + to.page + "#token=" + std::string(token.view());
}

awaitable<delivered> send(mailer& m, const waiting_mail& mail, const std::optional<user>& who) {
    const auto to = link_of(mail.kind);
    std::string link;
    if (to) {
        link = co_await link_to(m, mail, *who, *to);
    }
    const auto tongue = language_of(who ? std::string_view(who->language) : std::string_view(mail.language));
    const auto about = mail.details.substr(mail.details.rfind(' ') + 1);
    const auto& from = m.a.all.set.mail.author;
    // To the address that stands in the account, not as a stranger spelled it.
    const bool to_account = mail.kind == letter_kind::verify_email || mail.kind == letter_kind::reset_password ||
                            mail.kind == letter_kind::account_exists;
    message out;
    out.id = mail.id.str() + "." + std::to_string(mail.tries);
    out.from = from.address;
    out.to = to_account ? who->email : mail.recipient;
    out.text = message_text(write_letter(mail.kind, tongue, link, about), from, out.to, mail.id, wall::now());
    auto how = co_await m.office->send(std::move(out));
    co_return how;
}

// That a link went out, whoever asked for it.
void note(mailer& m, const waiting_mail& mail, const std::optional<user>& who) {
    if (!who) return;
    audit_event e;
    e.id = new_uuid();
    e.at = wall::now();
    e.action = "mail_" + std::string(name(mail.kind));
    e.result = "sent";
    e.subject = who->id;
    m.a.all.trail.note(std::move(e));
}

// False: nobody takes mail at present.
awaitable<bool> handle(mailer& m, waiting_mail mail) {
    const auto who = co_await person_of(m, mail);
    if (!m.office || mail.stale || !wanted(mail, who)) {
        if (mail.stale) m.a.all.log.warn("mail_given_up").with("kind", name(mail.kind)).with("tries", mail.tries);
        m.dropped.add();
        co_await m.queue.done(mail, deadline::after(step_time));
        co_return true;
    }
    const auto did = co_await send(m, mail, who);
    if (did.how == delivery::sent) {
        m.sent.add();
        note(m, mail, who);
        co_await m.queue.done(mail, deadline::after(step_time));
        co_return true;
    }
    const bool over = did.how == delivery::refused && mail.tries >= refusals_believed;
    m.a.all.log.warn(over ? "mail_given_up" : "mail_not_sent")
        .with("kind", name(mail.kind))
        .with("tries", mail.tries)
        .with("reason", did.why);
    (did.how == delivery::refused ? m.refused : m.postponed).add();
    if (over) {
        co_await m.queue.done(mail, deadline::after(step_time));
    }
    co_return did.how == delivery::refused;
}

awaitable<void> run(std::shared_ptr<mailer> m) {
    if (!m->a.db.ready()) co_return;  // away: said by others
    while (!m->a.all.loops.stopping()) {
        auto mail = co_await m->queue.claim(deadline::after(step_time));
        if (!mail) break;
        const bool more = co_await handle(*m, std::move(*mail));
        if (!more) break;
    }
    const auto left = co_await m->queue.waiting(deadline::after(step_time));
    m->waiting.set(left);
}

}  // namespace

void send_mails(runtime& loops, app& a) {
    const auto m = std::make_shared<mailer>(a, a.all.metrics);
    if (!m->office) a.all.log.warn("mail_off").with("meaning", "MITA_MAIL_URL is not set: no mail is sent");
    loops.on_stop(stop_stage::drain, 0, [m](deadline) -> awaitable<void> {
        if (m->office) m->office->stop();
        co_return;
    });
    loops.every(0, "mail", a.all.set.mail.poll, [m] { return run(m); });
}

}  // namespace mita::auth
