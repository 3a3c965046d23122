#include "core/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <iterator>
#include <map>
#include <stdexcept>

namespace mita::metrics {
namespace {

constexpr std::array<double, 16> duration_bound_values{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075,
                                                       0.1,    0.25,  0.5,    0.75,  1,    2.5,   5,    10};

bool is_metric_name(std::string_view name, bool colons) {
    if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
    return std::all_of(name.begin(), name.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               (colons && c == ':');
    });
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
    for (const char c : text) {
        if (c == '\\')
            out += "\\\\";
        else if (c == '\n')
            out += "\\n";
        else if (c == '"' && quotes)
            out += "\\\"";
        else
            out.push_back(c);
    }
}

// {a="x",b="y"} without braces; sorted by name, so that one label set has one text.
std::string label_text(labels l) {
    std::sort(l.begin(), l.end());
    std::string out;
    for (std::size_t i = 0; i < l.size(); ++i) {
        if (!is_metric_name(l[i].first, false) || l[i].first == "le")
            throw std::logic_error("not a metric label name: " + l[i].first);
        if (i > 0 && l[i].first == l[i - 1].first) throw std::logic_error("metric label given twice: " + l[i].first);
        if (i > 0) out.push_back(',');
        out += l[i].first + "=\"";
        append_escaped(out, l[i].second, true);
        out.push_back('"');
    }
    return out;
}

std::string number(double v) {
    if (std::isnan(v)) return "NaN";
    if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
    return fmt::format("{}", v);
}

// OpenMetrics wants bounds in canonical form: 1.0 where the older format has 1.
std::string bound_text(double v, bool open_metrics) {
    auto text = fmt::format("{}", v);
    if (open_metrics && text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

void append_sample(std::string& out, std::string_view name, std::string_view label, std::string_view extra,
                   std::string_view value) {
    out += name;
    if (!label.empty() || !extra.empty()) {
        out.push_back('{');
        out += label;
        if (!label.empty() && !extra.empty()) out.push_back(',');
        out += extra;
        out.push_back('}');
    }
    out.push_back(' ');
    out += value;
    out.push_back('\n');
}

// Refusals by class: status="404" becomes "4xx". False where there is nothing to make coarser.
bool by_class(labels& l) {
    const auto status = std::find_if(l.begin(), l.end(), [](const auto& one) { return one.first == "status"; });
    if (status == l.end() || status->second.size() != 3 || status->second[0] < '4') return false;
    status->second.replace(1, 2, "xx");
    return true;
}

// All cells of one label set.
struct series_cells {
    std::vector<std::unique_ptr<counter>> counters;
    std::vector<std::unique_ptr<gauge>> gauges;
    std::vector<std::unique_ptr<histogram>> histograms;
    std::vector<std::function<double()>> callbacks;
};

struct family {
    std::string help;
    std::string type;  // counter, gauge, histogram, info
    std::vector<double> bounds;
    std::map<std::string, series_cells> series;

    std::size_t lines_each() const { return type == "histogram" ? bounds.size() + 3 : 1; }
    std::size_t lines() const { return series.size() * lines_each(); }
};

}  // namespace

constinit const std::span<const double> duration_bounds(duration_bound_values);

histogram::histogram(std::span<const double> upper_bounds, bool exemplars)
    : bounds_(upper_bounds.begin(), upper_bounds.end()),
      counts_(std::make_unique<std::atomic<std::uint64_t>[]>(upper_bounds.size() + 1)),
      exemplars_(exemplars ? std::make_unique<kept[]>(upper_bounds.size() + 1) : nullptr) {
    if (!std::is_sorted(bounds_.begin(), bounds_.end())) throw std::logic_error("histogram bounds must ascend");
}

std::size_t histogram::count(double v) {
    const auto bucket = static_cast<std::size_t>(std::lower_bound(bounds_.begin(), bounds_.end(), v) - bounds_.begin());
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(v, std::memory_order_relaxed);
    return bucket;
}

void histogram::observe(double v) {
    if (!std::isnan(v)) count(v);
}

void histogram::observe(double v, std::string_view trace_id, std::chrono::steady_clock::time_point at) {
    if (std::isnan(v)) return;
    const auto bucket = count(v);
    if (!exemplars_ || trace_id.size() != sizeof(exemplar::trace_id)) return;
    kept& k = exemplars_[bucket];
    std::array<std::uint64_t, 4> words;
    std::memcpy(words.data(), trace_id.data(), sizeof words);
    const auto version = k.version.load(std::memory_order_relaxed);
    k.version.store(version + 1, std::memory_order_relaxed);
    for (std::size_t i = 0; i < words.size(); ++i) k.id[i].store(words[i], std::memory_order_release);
    k.value.store(v, std::memory_order_release);
    k.at.store(at, std::memory_order_release);
    k.version.store(version + 2, std::memory_order_release);
}

std::optional<exemplar> histogram::last(std::size_t bucket) const {
    if (!exemplars_) return std::nullopt;
    const kept& k = exemplars_[bucket];
    const auto before = k.version.load(std::memory_order_acquire);
    if (before == 0 || before % 2 != 0) return std::nullopt;
    std::array<std::uint64_t, 4> words;
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = k.id[i].load(std::memory_order_acquire);
    exemplar out{};
    out.value = k.value.load(std::memory_order_acquire);
    out.at = k.at.load(std::memory_order_acquire);
    if (k.version.load(std::memory_order_relaxed) != before) return std::nullopt;
    std::memcpy(out.trace_id.data(), words.data(), sizeof words);
    return out;
}

std::vector<std::uint64_t> histogram::buckets() const {
    std::vector<std::uint64_t> out(bounds_.size() + 1);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = counts_[i].load(std::memory_order_relaxed);
    return out;
}

double histogram::sum() const { return sum_.load(std::memory_order_relaxed); }

double quantile(std::span<const double> bounds, std::span<const std::uint64_t> buckets, double q) {
    std::uint64_t total = 0;
    for (const auto n : buckets) total += n;
    if (total == 0 || bounds.empty()) return 0;
    const double rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(total);
    double below = 0;
    for (std::size_t i = 0; i < bounds.size() && i < buckets.size(); ++i) {
        const auto here = static_cast<double>(buckets[i]);
        if (here > 0 && below + here >= rank) {
            const double low = i > 0 ? bounds[i - 1] : 0;
            return low + (bounds[i] - low) * std::max(0.0, rank - below) / here;
        }
        below += here;
    }
    return bounds.back();  // in the last, open bucket: its lower bound is all that is known
}

struct registry::impl {
    explicit impl(std::size_t most) : much(most / 20), room(most - much) {}
    mutable std::mutex mutex;
    std::map<std::string, family> families;
    // Lines of one family after which it leaves as many to the others: what is counted rarely finds room whenever it
    // comes. A family with twice as many counts the refusals that it does not know yet by class of status.
    std::size_t much;
    std::size_t room;        // the rest is for the families' {overflow="true"}
    std::size_t in_use = 0;  // lines of a scrape without HELP and TYPE

    series_cells& at(const std::string& name, const std::string& help, const std::string& type, labels l,
                     std::span<const double> bounds = {}) {
        if (!is_metric_name(name, true)) throw std::logic_error("not a metric name: " + name);
        if ((type == "counter") != name.ends_with("_total"))
            throw std::logic_error("counters, and only they, end in _total: " + name);
        if (type == "info" && !name.ends_with("_info")) throw std::logic_error("infos end in _info: " + name);
        auto text = label_text(l);
        const auto [found, first] = families.try_emplace(name);
        auto& f = found->second;
        if (first) {
            f.help = help;
            f.type = type;
            f.bounds.assign(bounds.begin(), bounds.end());
        } else if (f.type != type || !std::equal(bounds.begin(), bounds.end(), f.bounds.begin(), f.bounds.end())) {
            throw std::logic_error("metric registered twice with another type or bounds: " + name);
        }
        if (f.lines() >= 2 * much && !f.series.contains(text) && by_class(l)) text = label_text(std::move(l));
        return series_of(f, text);
    }

    series_cells& series_of(family& f, const std::string& text) {
        const auto known = f.series.find(text);
        if (known != f.series.end()) return known->second;
        const auto lines = f.lines_each();
        const bool fits = in_use + lines <= room - (f.lines() >= much ? much : 0);
        const auto [made, first] = f.series.try_emplace(fits ? text : "overflow=\"true\"");
        if (first) in_use += lines;
        return made->second;
    }
};

registry::registry(std::size_t most_series) : impl_(std::make_unique<impl>(most_series)) {}
registry::~registry() = default;

counter& registry::make_counter(std::string name, std::string help, labels l) {
    const std::lock_guard lock(impl_->mutex);
    auto& cells = impl_->at(name, help, "counter", std::move(l)).counters;
    return *cells.emplace_back(std::make_unique<counter>());
}

gauge& registry::make_gauge(std::string name, std::string help, labels l) {
    const std::lock_guard lock(impl_->mutex);
    auto& cells = impl_->at(name, help, "gauge", std::move(l)).gauges;
    return *cells.emplace_back(std::make_unique<gauge>());
}

histogram& registry::make_histogram(std::string name, std::string help, labels l, std::span<const double> bounds,
                                    bool exemplars) {
    auto cell = std::make_unique<histogram>(bounds, exemplars);
    const std::lock_guard lock(impl_->mutex);
    auto& cells = impl_->at(name, help, "histogram", std::move(l), bounds).histograms;
    return *cells.emplace_back(std::move(cell));
}

void registry::callback(std::string name, std::string help, std::string type, labels l, std::function<double()> read) {
    if (type != "counter" && type != "gauge" && type != "info")
        throw std::logic_error("callbacks are counter, gauge or info, not " + type);
    const std::lock_guard lock(impl_->mutex);
    impl_->at(name, help, type, std::move(l)).callbacks.push_back(std::move(read));
}

namespace {

// The newest of all cells: # {trace_id="..."} 0.012 1775808000.125
std::string exemplar_text(const series_cells& cells, std::size_t bucket) {
    std::optional<exemplar> newest;
    for (const auto& cell : cells.histograms) {
        const auto e = cell->last(bucket);
        if (e && (!newest || e->at > newest->at)) newest = e;
    }
    if (!newest) return {};
    const auto age = std::chrono::steady_clock::now() - newest->at;
    const auto at = std::chrono::system_clock::now() - std::chrono::duration_cast<std::chrono::milliseconds>(age);
    const auto unix_seconds = std::chrono::duration<double>(at.time_since_epoch()).count();
    return fmt::format(" # {{trace_id=\"{}\"}} {} {:.3f}",
                       std::string_view(newest->trace_id.data(), newest->trace_id.size()), number(newest->value),
                       unix_seconds);
}

void expose_histogram(std::string& out, const std::string& name, const std::string& label, const family& f,
                      const series_cells& cells, bool open_metrics) {
    std::vector<std::uint64_t> sums(f.bounds.size() + 1);
    double sum = 0;
    for (const auto& cell : cells.histograms) {
        const auto counts = cell->buckets();
        for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += counts[i];
        sum += cell->sum();
    }
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < sums.size(); ++i) {
        below += sums[i];
        const auto bound = i < f.bounds.size() ? bound_text(f.bounds[i], open_metrics) : "+Inf";
        append_sample(out, name + "_bucket", label, "le=\"" + bound + "\"",
                      std::to_string(below) + (open_metrics ? exemplar_text(cells, i) : std::string()));
    }
    append_sample(out, name + "_sum", label, "", number(sum));
    append_sample(out, name + "_count", label, "", std::to_string(below));
}

void expose_series(std::string& out, const std::string& name, const std::string& label, const series_cells& cells) {
    double read = 0;
    for (const auto& call : cells.callbacks) read += call();
    std::uint64_t counts = 0;
    for (const auto& cell : cells.counters) counts += cell->value();
    std::int64_t level = 0;
    for (const auto& cell : cells.gauges) level += cell->value();
    // Integers stay exact unless a callback joins in.
    if (!cells.callbacks.empty())
        append_sample(out, name, label, "", number(read + static_cast<double>(counts) + static_cast<double>(level)));
    else if (!cells.counters.empty())
        append_sample(out, name, label, "", std::to_string(counts));
    else
        append_sample(out, name, label, "", std::to_string(level));
}

}  // namespace

std::string registry::expose(bool open_metrics) const {
    std::string out;
    const std::lock_guard lock(impl_->mutex);
    for (const auto& [name, f] : impl_->families) {
        std::string family_name = name;
        if (open_metrics && f.type == "counter") family_name.resize(name.size() - std::string_view("_total").size());
        if (open_metrics && f.type == "info") family_name.resize(name.size() - std::string_view("_info").size());
        out += "# HELP " + family_name + " ";
        append_escaped(out, f.help, open_metrics);
        out += "\n# TYPE " + family_name + " " + (f.type == "info" && !open_metrics ? "gauge" : f.type) + "\n";
        for (const auto& [label, cells] : f.series) {
            if (f.type == "histogram")
                expose_histogram(out, name, label, f, cells, open_metrics);
            else
                expose_series(out, name, label, cells);
        }
    }
    if (open_metrics) out += "# EOF\n";
    return out;
}

std::size_t registry::series() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->in_use;
}

}  // namespace mita::metrics
