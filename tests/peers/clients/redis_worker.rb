# A worker of docs/engine.md: redis_worker.rb PORT FUNCTION SCRIPTS SECONDS
#
# SCRIPTS is the folder of the scripts. The work takes SECONDS, and squares a number. SIGTERM and
# Ctrl-C give its task back. It has one slot, and is fit for all tasks.
require "redis"
require "securerandom"
require "xmlrpc/marshal"

PORT, FUNCTION, SCRIPTS, SECONDS = ARGV
NAME = "ruby-#{SecureRandom.hex(4)}"
LOST, OVERRAN, BAD_CALL = -32_052, -32_000, -32_602
Task = Struct.new(:id, :run, :n, :call, :limit, :avoid, :lost, :work, :is_gone)

# A client that connects again by itself would hide that replies were lost.
def connect = Redis.new(port: PORT, read_timeout: 7, reconnect_attempts: 0)
# A read that blocks would hold up the renewals on the same connection.
READER, SERVER = connect, connect
$lease, $task, $ending, $deferrals = 15_000, nil, false, 0

def clock = Process.clock_gettime(Process::CLOCK_MONOTONIC)
def key(last) = "rp:{#{FUNCTION}}:#{last}"

def once(connection, script, keys, *args)
  connection.eval(File.read("#{SCRIPTS}/#{script}.lua"), keys.map { |of| key(of) }, args)
end

def call(script, keys, *args)
  once(SERVER, script, keys, *args)
rescue Redis::BaseError => error # each script may be called twice with the effect of once
  warn "again: #{error.message}"
  sleep 0.2
  retry
end

def announce
  keys = %w[tasks seen workers lease]
  $lease = call("announce", keys, NAME, "1 #{$task ? 1 : 0} 1", $lease).to_i
end

def keep
  loop do
    sleep [$lease / 3000.0, 5].min
    if (task = $task) && call("renew", ["tasks"], NAME, task.id).any?
      task.is_gone = true # cancelled, or another worker's: its answer is not committed
      task.work&.kill
    end
    announce
  end
end

def give_back(*ids) = call("release", ["tasks"], NAME, *ids)

def fault(code, text) = XMLRPC::Marshal.dump_response(XMLRPC::FaultException.new(code, text))

# Returns the answer and its kind; or nothing, where the work was stopped.
def answer(task)
  unless task.lost.size < 3
    return fault(LOST, "the task was lost with #{task.lost.join(', ')}"), "lost"
  end
  began = clock
  task.work = Thread.new do
    _, params = XMLRPC::Marshal.load_call(task.call)
    sleep SECONDS.to_f
    XMLRPC::Marshal.dump_response(params[0] * params[0])
  rescue StandardError => error
    fault(BAD_CALL, error.message)
  end
  task.work.kill if $ending || task.is_gone
  limit = task.limit.positive? ? task.limit / 1000.0 : Float::INFINITY
  unless task.work.join([limit, 0.25].min)
    if limit > 0.25
      ms = ((clock - began) * 1000).to_i
      call("begin", ["tasks", "res:#{task.run}", "lost"], NAME, task.id, task.n, ms)
    end
    left = limit - (clock - began)
    unless left.infinite? ? task.work.join : task.work.join([left, 0].max)
      task.work.kill
      return fault(OVERRAN, "the work took longer than #{task.limit} ms"), "overran"
    end
  end
  [task.work.value, "answer"] if task.work.value
end

def work(task)
  $task, began = task, clock
  keys = "tasks", "res:#{task.run}", "open:#{task.run}", "lost", "unfit"
  if SERVER.hget(key("open:#{task.run}"), task.n) != task.id
    give_back(task.id) if call("discard", keys, task.id, task.run, task.n).zero?
    return
  end
  document, kind = answer(task)
  return if task.is_gone
  return give_back(task.id) unless document
  ms, try = ((clock - began) * 1000).to_i, task.lost.size + 1
  # The last keys let it move the next task of a detached run.
  call("commit", [*keys, "wait:#{task.run}", "detached"], task.id, task.run, task.n, kind, document, NAME, ms, try)
  $deferrals = 0
ensure
  $task = nil
end

def for_others?(task)
  task.avoid.include?(NAME) && SERVER.hgetall(key("workers")).any? do |name, details|
    !task.avoid.include?(name) && !details.start_with?("0 ")
  end
end

def task_of(id, fields, lost = "")
  if fields.keys.first(3) == %w[run n call]
    avoid = fields.fetch("avoid", "").split("\n")
    run, n, document = fields.values_at("run", "n", "call")
    return Task.new(id, run, n, document, fields["limit"].to_i, avoid, lost.split("\n"))
  end
  READER.xack(key("tasks"), "w", id) # no client has written this
  READER.xdel(key("tasks"), id)
  READER.hdel(key("lost"), id)
  nil
end

# Moves tasks of detached runs to the queue: no client is there to do it.
def feed
  READER.hkeys(key("detached")).each do |run|
    once(READER, "feed", ["tasks", "res:#{run}", "open:#{run}", "wait:#{run}", "detached", "workers"], run)
  rescue Redis::CommandError => error # a full server: the tasks that are there go first
    warn "no more tasks: #{error.message}"
  end
end

# Works on tasks that were given back, and on orphans. Returns whether there were any.
def take_over(connected)
  keys = %w[tasks lost sweep unfit workers alone]
  orphans = clock - connected > $lease / 1000.0 ? 1 : 0
  taken = once(READER, "take", keys, NAME, $lease, 1, orphans, 4 * $lease)
  tasks = taken.filter_map { |id, fields, lost| task_of(id, Hash[*fields], lost) }
  tasks.each { |task| work(task) }
  taken.any?
end

# Works on new tasks.
def take_new
  entries = READER.xreadgroup("w", NAME, key("tasks"), ">", count: 1, block: 1000)
  entries.fetch(key("tasks"), []).each do |id, fields|
    next unless (task = task_of(id, fields))
    next give_back(id) if $ending
    next work(task) unless for_others?(task)
    give_back(id)
    sleep 0.25 * 2**[$deferrals, 4].min
    $deferrals += 1
  end
end

%w[TERM INT].each { |signal| trap(signal) { $ending = true; $task&.work&.kill } }
announce
Thread.new { keep }.abort_on_exception = true
warn "ready"
connected, looked = nil, 0
until $ending
  begin
    unless connected # replies that were lost may have had tasks
      pending = READER.xpending(key("tasks"), "w", "-", "+", 4096, NAME)
      give_back(*pending.map { |entry| entry["entry_id"] }) if pending.any?
      connected = clock
    end
    if clock - looked >= 1
      feed
      nil while !$ending && take_over(connected)
      looked = clock
    end
    take_new
  rescue Redis::BaseError => error
    warn "connects again: #{error.message}"
    READER.close
    connected = nil
    sleep 0.2
    announce # a server that was emptied has no group
  end
end
call("leave", %w[tasks seen workers], NAME)
