-- Sends one body again and again and judges every answer: a status other than 200, or a body that is no
-- chat answer, is counted. The last line printed is JSON.
-- Arguments: the file that holds the body, then headers as name and value in turn.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  file:close()
  for at = 2, #args, 2 do
    wrk.headers[args[at]] = args[at + 1]
  end
  refused = 0
  last_refusal = 0
end

function response(status, headers, body)
  if status ~= 200 or not string.find(body, '"choices"', 1, true) then
    refused = refused + 1
    last_refusal = status
  end
end

function done(summary, latency, requests)
  local refused, last = 0, 0
  for _, thread in ipairs(threads) do
    refused = refused + thread:get("refused")
    last = math.max(last, thread:get("last_refusal"))
  end
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"refused":%d,"last_status":%d,"broken":%d,"late":%d,"p50":%.6f,"p95":%.6f}\n',
    summary.requests, summary.duration / 1e6, refused, last,
    errors.connect + errors.read + errors.write, errors.timeout,
    latency:percentile(50) / 1e6, latency:percentile(95) / 1e6))
end
