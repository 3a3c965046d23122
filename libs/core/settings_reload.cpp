#include "core/settings_reload.hpp"

#include "core/settings.hpp"

#include <algorithm>
#include <csignal>
#include <exception>
#include <utility>

namespace mita {

namespace {

metrics::counter& counted(metrics::registry& r, const std::string& service, const char* result) {
    return r.make_counter("mita_settings_reloads_total", "How often the settings were read again.",
                          {{"service", service}, {"result", result}});
}

std::string joined(const std::vector<std::string>& names) {
    std::string out;
    for (const auto& n : names) out += (out.empty() ? "" : " ") + n;
    return out;
}

}  // namespace

settings_reload::settings_reload(config& in_force, std::vector<std::string_view> at_once, reader read, vitals& shown,
                                 runtime& rt, logger& log, metrics::registry& metrics, const std::string& service)
    : in_force_(in_force.settings()),
      secrets_(secrets_of(in_force)),
      hangups_(rt.at(0).get_executor(), SIGHUP),
      at_once_(std::move(at_once)),
      read_(std::move(read)),
      shown_(shown),
      log_(log),
      good_(counted(metrics, service, "good")),
      failed_(counted(metrics, service, "failed")) {
    rt.spawn(0, "hangups", [this] { return heed_hangups(this); });
    rt.on_stop(stop_stage::drain, 0, [this](deadline) -> awaitable<void> {
        hangups_.cancel();
        co_return;
    });
}

awaitable<void> settings_reload::heed_hangups(settings_reload* self) {
    for (;;) {
        error_code ec;
        co_await self->hangups_.async_wait(to(ec));
        if (ec) co_return;
        try {
            self->now("SIGHUP");
        } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
            // Logged, and all is as it was.
        }
    }
}

// Shown as "(secret)", whatever they are: told apart by what they hold.
settings_reload::secrets settings_reload::secrets_of(config& read) {
    secrets out;
    const std::vector<setting> all = read.settings();
    for (const setting& s : all)
        if (s.value == "(secret)") out.emplace(s.name, read.secret_text(s.name, false));
    return out;
}

settings_reload::outcome settings_reload::now(const char* why) {
    outcome out;
    try {
        out = read_and_apply();
    } catch (const std::exception& e) {
        failed_.add();
        log_.error("reload_failed").with("why", why).with("reason", e.what());
        throw;
    }
    good_.add();
    auto line = log_.info("reloaded");
    line.with("why", why);
    if (!out.applied.empty()) line.with("applied", joined(out.applied));
    if (!out.after_restart.empty()) line.with("after_restart", joined(out.after_restart));
    return out;
}

settings_reload::outcome settings_reload::read_and_apply() {
    config anew;
    const auto put_in_force = read_(anew);
    secrets told = secrets_of(anew);
    put_in_force();
    outcome out;
    for (const setting& s : anew.settings()) {
        const auto known = std::ranges::find(in_force_, s.name, &setting::name);
        if (known == in_force_.end()) continue;
        const auto before = secrets_.find(s.name), after = told.find(s.name);
        const bool same_secret = before == secrets_.end() || after == told.end() || before->second == after->second;
        if (known->value == s.value && same_secret) continue;
        const bool now = std::ranges::find(at_once_, s.name) != at_once_.end();
        (now ? out.applied : out.after_restart).push_back(s.name);
        if (!now) continue;
        *known = s;
        if (after != told.end()) secrets_.insert_or_assign(s.name, std::move(after->second));
    }
    shown_.show(in_force_);
    log_misspellings(anew, log_);
    return out;
}

}  // namespace mita
