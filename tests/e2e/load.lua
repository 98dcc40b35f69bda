-- For wrk: counts every answer by status and checks each against the version that made it.
-- Arguments: path, body, and "version" if {"prediction":N} must come with X-Model-Version: N.

local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

function init(args)
    ok, shed, bad, wrong, silent, queued, example = 0, 0, 0, 0, 0, 0, ""
    check = args[3] == "version"
    bytes = wrk.format("POST", args[1], {["Content-Type"] = "application/json"}, args[2])
end

function request()
    return bytes
end

local function header(headers, name)
    for key, value in pairs(headers) do
        if key:lower() == name then
            return value
        end
    end
end

function response(status, headers, body)
    if status == 200 then
        ok = ok + 1
        local wait = (header(headers, "server-timing") or ""):match("queue;dur=([%d.]+)")
        queued = math.max(queued, tonumber(wait or 0))
        local version = header(headers, "x-model-version") or "none"
        if check and body ~= '{"prediction":' .. version .. "}" then
            wrong = wrong + 1
            example = version .. " " .. body
        end
    elseif status == 503 then
        shed = shed + 1
        if not header(headers, "retry-after") then
            silent = silent + 1
        end
        example = body
    else
        bad = bad + 1
        example = status .. " " .. body
    end
end

function done(summary, latency, requests)
    local sum = {ok = 0, shed = 0, bad = 0, wrong = 0, silent = 0}
    local longest, text = 0, ""
    for _, thread in ipairs(threads) do
        for name in pairs(sum) do
            sum[name] = sum[name] + thread:get(name)
        end
        longest = math.max(longest, thread:get("queued"))
        if thread:get("example") ~= "" then
            text = thread:get("example")
        end
    end
    local errors = summary.errors
    io.write(string.format(
        '\nRESULT {"ok":%d,"shed":%d,"bad":%d,"wrong":%d,"without_retry_after":%d,' ..
        '"longest_queue_ms":%.3f,"connect":%d,"read":%d,"write":%d,"timeout":%d,' ..
        '"seconds":%.3f,"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f}\nEXAMPLE %s\n',
        sum.ok, sum.shed, sum.bad, sum.wrong, sum.silent, longest, errors.connect, errors.read,
        errors.write, errors.timeout, summary.duration / 1e6, latency:percentile(50) / 1e3,
        latency:percentile(99) / 1e3, latency.max / 1e3, text))
end
