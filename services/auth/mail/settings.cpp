#include "auth/mail/settings.hpp"

#include <algorithm>
#include <memory>
#include <string_view>

namespace mita::auth {

namespace {

constexpr std::string_view file_scheme = "file://";

bool printable(std::string_view s) {
    return std::all_of(s.begin(), s.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// "MITA <a@b>" or "a@b". False: neither.
bool read_author(std::string_view text, mail_author& into) {
    auto address = text;
    const auto open = text.find('<');
    if (open != std::string_view::npos) {
        if (!text.ends_with('>')) return false;
        address = text.substr(open + 1, text.size() - open - 2);
    }
    const auto at = address.find('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == address.size() || !printable(address) ||
        address.find_first_of("<>") != std::string_view::npos)
        return false;
    const auto name = open == std::string_view::npos ? std::string_view() : text.substr(0, open);
    if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c < 0x7f; })) return false;
    into.address = address;
    into.header = text;
    return true;
}

bool is_smtp_server(std::string_view url) {
    for (const std::string_view scheme : {"smtps://", "smtp://"})
        if (url.starts_with(scheme) && url.size() > scheme.size())
            return printable(url) && url.find_first_of("@/?#", scheme.size()) == std::string_view::npos;
    return false;
}

bool is_web_address(std::string_view url) {
    for (const std::string_view scheme : {"https://", "http://"})
        if (url.starts_with(scheme) && url.size() > scheme.size() && url[scheme.size()] != '/')
            return printable(url) && url.find_first_of("?#\"<>") == std::string_view::npos;
    return false;
}

}  // namespace

mail_settings::mail_settings(config& from) {
    const auto url = from.text("MITA_MAIL_URL", "");
    if (url.starts_with(file_scheme) && url.size() > file_scheme.size() && url[file_scheme.size()] == '/')
        folder = url.substr(file_scheme.size());
    else if (is_smtp_server(url))
        smtp.url = url;
    else if (!url.empty())
        from.problem(
            "MITA_MAIL_URL: must be file:///folder, smtp://host:port or smtps://host:port (a login belongs in "
            "MITA_MAIL_USER and MITA_MAIL_PASSWORD), is " +
            config::shown(url));

    smtp.user = from.text("MITA_MAIL_USER", "");
    smtp.password = std::make_shared<const secret>(from.secret_text("MITA_MAIL_PASSWORD", false));
    smtp.ca_file = from.text("MITA_MAIL_CA_FILE", "");
    smtp.timeout =
        from.duration_ms("MITA_MAIL_TIMEOUT_MS", 10'000, 100, 25'000);  // under the least pause between tries
    poll = from.duration_ms("MITA_MAIL_POLL_MS", 1'000, 10, 60'000);
    if (smtp.user.empty() != smtp.password->empty())
        from.problem("MITA_MAIL_PASSWORD: must be set together with MITA_MAIL_USER");

    const auto written = from.text("MITA_MAIL_FROM", "");
    if (written.empty() ? on() : !read_author(written, author))
        from.problem("MITA_MAIL_FROM: must be an address or NAME <address> when MITA_MAIL_URL is set, is " +
                     config::shown(written));
    public_url = from.text("MITA_PUBLIC_URL", "");
    if (public_url.ends_with('/')) public_url.pop_back();
    if (public_url.empty() ? on() : !is_web_address(public_url))
        from.problem(
            "MITA_PUBLIC_URL: must be http://... or https://... without a query when MITA_MAIL_URL is set, is " +
            config::shown(public_url));
}

sender mail_settings::make_sender() const { return folder.empty() ? smtp_sender(smtp) : folder_sender(folder); }

}  // namespace mita::auth
