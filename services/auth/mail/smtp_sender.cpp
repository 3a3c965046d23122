#include "auth/mail/sender.hpp"
#include "auth/mail/smtp_check.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace mita::auth {

namespace {

struct easy_end {
    void operator()(CURL* h) const { curl_easy_cleanup(h); }
};
struct list_end {
    void operator()(curl_slist* l) const { curl_slist_free_all(l); }
};

// libcurl's own start and end, as long as a sender lives.
struct library {
    library() { curl_global_init(CURL_GLOBAL_DEFAULT); }
    ~library() { curl_global_cleanup(); }
    library(const library&) = delete;
    library& operator=(const library&) = delete;
};

std::size_t give(char* into, std::size_t size, std::size_t n, void* from) {
    auto& left = *static_cast<std::string_view*>(from);
    const auto most = std::min(left.size(), size * n);
    std::memcpy(into, left.data(), most);
    left.remove_prefix(most);
    return most;
}

// A stop ends what has not begun to be handed over; the rest is done, or it would be sent twice.
int watch(void* stopping, curl_off_t, curl_off_t, curl_off_t, curl_off_t handed_over) {
    return handed_over == 0 && static_cast<const std::atomic<bool>*>(stopping)->load(std::memory_order_relaxed) ? 1 : 0;
}

// The connection is kept between messages: one handle.
struct smtp {
    explicit smtp(smtp_options o) : options(std::move(o)), handle(curl_easy_init()) {}
    delivered send(const message& m, const std::atomic<bool>& stopping);
    delivered greet();
    void reset();  // the handle, with what is the same for every call
    delivered perform();
    library loaded;
    smtp_options options;
    std::unique_ptr<CURL, easy_end> handle;
};

void smtp::reset() {
    CURL* h = handle.get();
    curl_easy_reset(h);
    const auto ms = static_cast<long>(options.timeout.count());
    curl_easy_setopt(h, CURLOPT_URL, options.url.c_str());
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(h, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));  // STARTTLS or nothing
    curl_easy_setopt(h, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!options.ca_file.empty()) curl_easy_setopt(h, CURLOPT_CAINFO, options.ca_file.c_str());
    if (!options.user.empty()) {
        const secret password = options.password->copy();  // ends with a NUL, as libcurl wants it
        curl_easy_setopt(h, CURLOPT_USERNAME, options.user.c_str());
        curl_easy_setopt(h, CURLOPT_PASSWORD, password.view().data());
    }
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, ms);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, ms);
}

delivered smtp::perform() {
    delivered out;
    const CURLcode code = curl_easy_perform(handle.get());
    if (code == CURLE_OK) {
        out.how = delivery::sent;
        return out;
    }
    long reply = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &reply);
    out.why = std::string(curl_easy_strerror(code)) + ", reply " + std::to_string(reply);
    // 5xx to an address or a message is for good; to a login or to STARTTLS it is the operator's to mend, and is tried
    // again.
    const bool judged = code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY;
    if (judged && reply >= 550 && reply <= 554) out.how = delivery::refused;
    return out;
}

delivered smtp::send(const message& m, const std::atomic<bool>& stopping) {
    CURL* h = handle.get();
    const std::unique_ptr<curl_slist, list_end> to(curl_slist_append(nullptr, ("<" + m.to + ">").c_str()));
    if (h == nullptr || !to) {
        delivered out;
        out.why = "libcurl has no memory";
        return out;
    }
    reset();
    std::string_view left = m.text;
    curl_easy_setopt(h, CURLOPT_MAIL_FROM, ("<" + m.from + ">").c_str());
    curl_easy_setopt(h, CURLOPT_MAIL_RCPT, to.get());
    curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(h, CURLOPT_READFUNCTION, &give);
    curl_easy_setopt(h, CURLOPT_READDATA, &left);
    curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, &watch);
    curl_easy_setopt(h, CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(&stopping));
    return perform();
}

delivered smtp::greet() {
    reset();
    curl_easy_setopt(handle.get(), CURLOPT_CUSTOMREQUEST, "NOOP");
    return perform();
}

}  // namespace

sender smtp_sender(smtp_options options) {
    const auto by = std::make_shared<smtp>(std::move(options));
    return [by](const message& m, const std::atomic<bool>& stopping) { return by->send(m, stopping); };
}

delivered check_smtp(smtp_options options) { return smtp(std::move(options)).greet(); }

}  // namespace mita::auth
