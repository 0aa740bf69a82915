-- wrk's requests: single events, each with a number of its own. The key comes from the environment.
local key = os.getenv("LOGVIEWER_BENCH_KEY")
local number = 0

function request()
  number = number + 1
  local body = string.format(
    '{"event":"order_placed","level":"info","logger":"shop.orders","service":"shop","cohort_id":%d,"request_id":"r-%d","n":%d}',
    number % 40, math.random(1000000000), number)
  return wrk.format("POST", "/ingest/v1/events", {["Authorization"] = "Bearer " .. key}, body)
end

local threads = {}
function setup(thread)
  table.insert(threads, thread)
end

function init()
  math.randomseed(os.time())
  accepted, refused = 0, 0
end

function response(status, headers, body)
  if status == 200 and body:find('"accepted":1', 1, true) then
    accepted = accepted + 1
  else
    refused = refused + 1
  end
end

function done(summary, latency)
  local accepted, refused = 0, 0
  for _, thread in ipairs(threads) do
    accepted = accepted + thread:get("accepted")
    refused = refused + thread:get("refused")
  end
  local errors = summary.errors
  print(string.format('RESULT {"seconds":%.3f,"accepted":%d,"refused":%d,"broken":%d,"p50_ms":%.2f,"p99_ms":%.2f}',
    summary.duration / 1e6, accepted, refused, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
