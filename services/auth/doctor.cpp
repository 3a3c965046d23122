#include "auth/doctor.hpp"

#include "auth/doctor_store.hpp"
#include "auth/factors/factor_secrets.hpp"
#include "auth/keys/key_store.hpp"
#include "auth/mail/smtp_check.hpp"
#include "auth/migrations.hpp"
#include "auth/settings.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/metrics.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

namespace mita::auth {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto worst_offset = 2s;  // tokens bear 30 s of skew; a machine that is off by seconds will be by more

struct patient {
    void say(bool well, const std::string& what, const std::string& how) {
        std::cout << (well ? "ok    " : "FAIL  ") << what << ": " << how << '\n';
        sick = sick || !well;
    }
    bool sick = false;
};

void judge_database(patient& p, const database_facts& f) {
    const auto wanted = migrations().back().number;
    p.say(f.schema >= wanted, "database",
          "schema " + std::to_string(f.schema) +
              (f.schema >= wanted ? "" : ", this program needs " + std::to_string(wanted) + ": run mita-auth migrate"));
    const auto off = std::chrono::duration_cast<milliseconds>(wall::now() - f.clock);
    p.say(std::chrono::abs(off) <= worst_offset, "clock", std::to_string(off.count()) + " ms ahead of the database's");
}

awaitable<void> judge_keys(patient& p, const vault& keys, db::pool& db, deadline d) {
    key_store store(db);
    const auto all = co_await store.load(0, d);
    bool active = all.empty();
    std::string closed;
    for (const auto& k : all) {
        active = active || k.state == "active";
        if (!keys.open(k.private_key, k.kid)) closed += ' ' + k.kid;
    }
    if (!closed.empty())
        p.say(false, "keys", "sealed with another MITA_AUTH_SECRET (or MITA_KEY_SECRET):" + closed);
    else
        p.say(active, "keys",
              all.empty() ? "none yet, the first start makes one"
                          : std::to_string(all.size()) + (active ? " open" : ", none of them active"));
}

awaitable<void> judge_factors(patient& p, const vault& keys, db::pool& db) {
    factor_secrets secrets(keys);
    const auto found = co_await secrets.count(db, 5s);
    const auto all = std::to_string(found.all);
    if (found.closed > 0)
        p.say(false, "code generators",
              std::to_string(found.closed) + " of " + all +
                  " sealed with another MITA_KEY_SECRET: give it as MITA_KEY_SECRET_OLD and run mita-auth keys reseal");
    else
        p.say(true, "code generators", all + " open");
}

void judge_mail(patient& p, const settings& set, std::int64_t waiting) {
    const auto queued = ", " + std::to_string(waiting) + " waiting";
    if (!set.mail.on()) {
        p.say(true, "mail", "off (MITA_MAIL_URL)");
    } else if (!set.mail.folder.empty()) {
        try {
            set.mail.make_sender();
            p.say(true, "mail", "into " + set.mail.folder + queued);
        } catch (const std::exception& e) {
            p.say(false, "mail", e.what());
        }
    } else {
        const auto did = check_smtp(set.mail.smtp);
        p.say(did.how == delivery::sent, "mail",
              set.mail.smtp.url + (did.how == delivery::sent ? " takes us" : ": " + did.why) + queued);
    }
}

awaitable<void> examine(patient& p, const settings& set, db::pool& db) {
    database_facts facts;
    std::string fault;
    try {
        const auto until = deadline::after(10s);
        facts = co_await ask_database(db, until);
        judge_database(p, facts);
        const auto keys = set.keys.make_vault();
        co_await judge_keys(p, keys, db, until);
        co_await judge_factors(p, keys, db);
    } catch (const std::exception& e) {
        fault = e.what();
    }
    if (!fault.empty()) p.say(false, "database", fault);
    judge_mail(p, set, facts.mails);
    co_await db.close(deadline::after(2s));
}

}  // namespace

int doctor(config& from) {
    const settings set(from);
    patient p;
    p.say(true, "settings", "nothing wrong");
    asio::io_context context(1);
    logger silent("auth", log_level::off);
    metrics::registry unread;
    auto options = set.database.options();
    options.outage_grace = 1s;
    db::pool db(context.get_executor(), std::move(options), silent, unread);
    asio::co_spawn(context, examine(p, set, db), [](std::exception_ptr failed) {
        if (failed) std::rethrow_exception(failed);
    });
    context.run();
    return p.sick ? 1 : 0;
}

}  // namespace mita::auth
