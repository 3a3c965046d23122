// Sessions of a service with convoys: what is taken ahead of its turn, what is not, and that answers keep their order.
#include "http/convoy.hpp"
#include "test_service.hpp"

#include <catch2/catch.hpp>

#include <mutex>

using namespace test_http;

namespace {

// Says what it was asked, in order: "+/a" joined, "/a" handled in a convoy, "!/a" handled alone.
class caravan final : public convoy_service {
public:
    awaitable<admission> admit(request& req, response& res) override {
        admission a;
        a.admitted = !req.path.starts_with("/no");
        if (!a.admitted) res = json(404, "{}");
        if (req.path == "/slow_to_admit") {
            co_await sleep_ms(20);
        }
        co_return a;
    }
    awaitable<void> handle(request& req, response& res) override {
        say("!" + std::string(req.path));
        co_await sleep_ms(1);
        res = json(200, std::string(req.method == verb::post ? req.body : req.path));
    }
    std::unique_ptr<http::convoy> make_convoy(const request& first) override {
        if (first.path.starts_with("/own")) return nullptr;
        auto out = std::make_unique<together>(*this, first.path.substr(0, 2));
        out->join(first);
        return out;
    }
    std::vector<std::string> said() {
        const std::scoped_lock lock(mutex_);
        return said_;
    }
    int alive() const { return alive_; }

private:
    struct together final : http::convoy {
        together(caravan& c, std::string_view way) : in(c), to(way) { ++in.alive_; }
        ~together() override { --in.alive_; }
        together(const together&) = delete;
        together& operator=(const together&) = delete;
        bool join(const request& req) override {
            if (!req.path.starts_with(to)) return false;
            in.say("+" + std::string(req.path));
            paths.emplace_back(req.path);
            return true;
        }
        awaitable<void> handle(request& req, response& res) override {
            in.say(std::string(req.path));
            const int ms = req.path.ends_with("slow") ? 30 : 0;
            if (ms > 0) {
                co_await sleep_ms(ms);
            }
            if (req.path.ends_with("end")) res.close = true;
            if (req.path.ends_with("throws")) throw std::runtime_error("broken");
            res.body = paths[at++];
        }
        caravan& in;
        const std::string to;
        std::vector<std::string> paths;
        std::size_t at = 0;
    };
    void say(std::string what) {
        const std::scoped_lock lock(mutex_);
        said_.push_back(std::move(what));
    }
    std::mutex mutex_;
    std::vector<std::string> said_;
    std::atomic<int> alive_{0};
};

struct travelling {
    travelling()
        : log_file(std::tmpfile(), &std::fclose),
          log("test", log_level::info, ::fileno(log_file.get())),
          rt(1, log, std::chrono::seconds(5)),
          served(rt.at(0), quick(), what, log, registry),
          accept(rt, "127.0.0.1", 0, {&served}, log) {
        rt.on_stop(stop_stage::drain, 0, [this](deadline) { return accept.close(); });
        rt.on_stop(stop_stage::drain, 0, [this](deadline d) { return served.drain(d); });
        accept.start();
        thread = std::thread([this] { rt.run(); });
    }
    ~travelling() {
        rt.request_stop();
        thread.join();
    }
    // Sends all at once; the bodies (or statuses, of refusals) of so many answers.
    std::vector<std::string> ask(const std::string& all, int answers) {
        raw::socket s = raw::socket::connect(accept.port());
        s.send(all);
        std::vector<std::string> out;
        for (int i = 0; i < answers; ++i) {
            const raw::answer a = s.read();
            out.push_back(a.status == 200 ? a.body : std::to_string(a.status));
        }
        return out;
    }
    // Do all connections end, and their convoys with them?
    bool emptied() {
        const auto some_left = [this] { return served.connections() > 0 || what.alive() > 0; };
        for (int i = 0; i < 1000 && some_left(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        return !some_left();
    }
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> log_file;
    logger log;
    metrics::registry registry;
    caravan what;
    runtime rt;
    server served;
    listener accept;
    std::thread thread;
};

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("R12: safe requests that came at once go together, and are answered in order") {
    travelling t;
    CHECK(t.ask(get("/a/1/slow") + get("/a/2") + get("/a/3"), 3) == texts{"/a/1/slow", "/a/2", "/a/3"});
    CHECK(t.what.said() == texts{"+/a/1/slow", "+/a/2", "+/a/3", "/a/1/slow", "/a/2", "/a/3"});
    CHECK(t.emptied());
}

TEST_CASE("A request by itself goes alone") {
    travelling t;
    CHECK(t.ask(get("/a/1"), 1) == texts{"/a/1"});
    CHECK(t.ask(get("/a/1") + "GET /a/2 HTT", 1) == texts{"/a/1"});
    CHECK(t.what.said() == texts{"!/a/1", "!/a/1"});
}

TEST_CASE("R12: nothing begins behind an unsafe request, nor that before all in front of it are answered") {
    travelling t;
    CHECK(t.ask(get("/a/1") + get("/a/2/slow") + post("/a/3", "{}") + get("/a/4") + get("/a/5"), 5) ==
          texts{"/a/1", "/a/2/slow", "{}", "/a/4", "/a/5"});
    CHECK(t.what.said() ==
          texts{"+/a/1", "+/a/2/slow", "/a/1", "/a/2/slow", "!/a/3", "+/a/4", "+/a/5", "/a/4", "/a/5"});
}

TEST_CASE("A request that goes another way ends a convoy and may lead the next") {
    travelling t;
    CHECK(t.ask(get("/a/1") + get("/a/2") + get("/b/1") + get("/b/2") + get("/own") + get("/a/3"), 6) ==
          texts{"/a/1", "/a/2", "/b/1", "/b/2", "/own", "/a/3"});
    CHECK(t.what.said() == texts{"+/a/1", "+/a/2", "/a/1", "/a/2", "+/b/1", "+/b/2", "/b/1", "/b/2", "!/own", "!/a/3"});
}

TEST_CASE("Refused requests in a convoy's way are answered in their place") {
    travelling t;
    CHECK(t.ask(get("/a/1") + get("/no/1") + get("/a/slow_to_admit") + get("/no/2"), 4) ==
          texts{"/a/1", "404", "/a/slow_to_admit", "404"});
    CHECK(t.ask(get("/a/1") + "GET /a/2 HTTP/1.1\r\nBad Name: x\r\n\r\n", 2) == texts{"/a/1", "400"});
    CHECK(t.ask(get("/no/1") + get("/a/1") + get("/a/throws") + get("/a/2"), 4) ==
          texts{"404", "/a/1", "500", "/a/throws"});  // the convoy here gives what it has next
}

TEST_CASE("At most sixteen requests are on their way at once") {
    travelling t;
    std::string all;
    texts wanted;
    for (int i = 0; i < 40; ++i) {
        all += get("/a/" + std::to_string(i));
        wanted.push_back("/a/" + std::to_string(i));
    }
    CHECK(t.ask(all, 40) == wanted);
    std::size_t joined = 0, handled = 0, most = 0;
    for (const std::string& s : t.what.said()) {
        ++(s[0] == '+' ? joined : handled);
        most = std::max(most, joined - handled);
    }
    CHECK(most == most_ahead + 1);
    CHECK(handled == 40);
}

TEST_CASE("A convoy ends with its connection: after an answer that closes it, and when the client leaves") {
    travelling t;
    {
        raw::socket s = raw::socket::connect(t.accept.port());
        s.send(get("/a/1") + get("/a/end") + get("/a/3"));
        CHECK(s.read().status == 200);
        CHECK(s.read().header("connection") == "close");
        CHECK(s.ended());
    }
    {
        raw::socket s = raw::socket::connect(t.accept.port());
        s.send(get("/a/slow") + get("/a/slow") + get("/a/slow"));
        s.reset();
    }
    CHECK(t.ask(get("/a/9", "Connection: close\r\n") + get("/a/10"), 1) == texts{"/a/9"});
    CHECK(t.emptied());
    CHECK(t.served.in_flight() == 0);
}
