#include "http/router.hpp"

namespace mita::http {

dispatch_core::dispatch_core(std::vector<route_key> keys) : keys_(std::move(keys)), matcher_(keys_) {}

int dispatch_core::match(request& req, response& res) const {
    if (req.path == "*") {
        res = empty(204);
        with_header(res, "Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
        return -1;
    }
    const matcher::result found = matcher_.find(req.method, req.path);
    if (found.index >= 0) {
        req.route_index = found.index;
        req.route = keys_[static_cast<std::size_t>(found.index)].path;
        req.params = found.params;
        return found.index;
    }
    if (found.allow.empty()) {
        write_problem(res, req, api_error(404, "not_found", "There is nothing at this path"));
    } else if (req.method == verb::options) {
        res = empty(204);
        with_header(res, "Allow", std::string(found.allow));
    } else {
        api_error error(405, "method_not_allowed", "The method is not allowed here");
        error.with_header("Allow", std::string(found.allow));
        write_problem(res, req, error);
    }
    return -1;
}

bool dispatch_core::json_body(const request& req, response& res) {
    if (!req.has_body) return true;
    const std::string_view type = req.headers.value("Content-Type");
    if (is_media_type(type, "application/json")) return true;
    const bool patch = req.method == verb::patch;
    if (patch && is_media_type(type, "application/merge-patch+json")) return true;
    api_error error(415, "unsupported_media_type", "The body must be application/json");
    if (patch) error.with_header("Accept-Patch", "application/merge-patch+json, application/json");
    write_problem(res, req, error);
    return false;
}

void dispatch_core::fail(const request& req, response& res, std::exception_ptr error, exception_mapper explain) {
    std::string detail;
    write_exception(res, req, error, detail, explain);
    res.log_detail = std::move(detail);
}

}  // namespace mita::http
