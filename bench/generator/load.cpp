// Opens many WebSocket connections in one thread, subscribes on each, publishes at an even pace, and measures what arrives.
//
//   g++ -O2 -std=c++17 -Wall -Wextra -o load load.cpp && ./load --port 4000 --protocol graphql …
//
// Publishing is open-loop: an entry is sent when it is due, whatever the server does meanwhile, and carries the time at which
// it was due, so that waiting counts as latency. That time is found in what arrives as "t":<microseconds of CLOCK_MONOTONIC>,
// in quotes or not: publisher and subscribers are on one machine. Prints one JSON object.
//
// Who connects
//   --port A,B,…           connections take turns on these ports of 127.0.0.1
//   --protocol P           raw (all that arrives are entries), graphql (graphql-transport-ws), socket.io or nats
//   --path TEXT            of the upgrade request
//   --connections N        how many; --concurrency N how many of them are being opened at once
//   --topics FILE          one a line; connections take turns on them, and so do entries. One topic, "r0000", where absent
//   --tokens FILE          one a line, connections take turns; --queries FILE likewise
//   --init TEXT            payload of connection_init; --variables TEXT of the subscription
//   --ready first | pong   a subscriber counts as ready at its first message, or when a ping after its subscription is answered
//   --settle SECONDS       pause after all are ready, before their memory is read
//   --collect PID          is sent SIGUSR2 before memory is read: a signal to collect garbage
//   --catch-up N           all subscribe at one instant, and the time is measured until each had N messages
// In texts {topic}, {token}, {connection} stand for the connection's own.
//
// What is asked, instead of subscribing
//   --ask TEXT             variables of the query, a mutation that each connection asks again when it is answered; {topic} as for
//                          entries, {number} rises by ten with each, from --ask-from N on. For --seconds S
//
// What is published
//   --publish TEXT         a whole request, with \r and \n; {topic}, {time} (16 digits), {number} (10 digits) are replaced
//   --publish-port N, --publish-connections N, --publish-hello TEXT (sent once, first)
//   --refusal TEXT         in an answer, marks a publication that was refused
//   --rates A,B,…          entries a second, each for --seconds S
//   --ramp RATE            rises by --factor F until not sustained (--limit-ms: p99), then narrows down between the last two
//   --overload             and then tries what arrives at 1.5 and 3 times the rate that was not sustained
//   --burst N              and at last publishes N at once, and waits until all have arrived
//   --drain SECONDS        how long to wait for what is missing at the end of a phase
//
// Whom to charge:  --pid A,B,… the server's processes
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <deque>
#include <fstream>
#include <map>

#include "histogram.h"
#include "processes.h"
#include "text.h"

enum class Protocol { raw, graphql, nats, socketIo };
enum class State { connecting, upgrading, greeting, acknowledged, subscribing, ready, dead };

struct Options {
  std::vector<double> ports;
  Protocol protocol = Protocol::raw;
  std::string path = "/", init = "{}", variables = "{}", readyAt = "pong";
  int connections = 1, concurrency = 128, catchUp = 0, collectPid = 0, burst = 0;
  std::vector<std::string> topics = {"r0000"}, tokens = {""}, queries = {""};
  std::string ask, publish, publishHello, refusal;
  uint64_t askFrom = 0;
  int publishPort = 0, publishConnections = 1;
  std::vector<double> rates;
  double ramp = 0, factor = 1.5, seconds = 2, limitMs = 100, drainSeconds = 12, settleSeconds = 1;
  bool hasOverload = false;
  std::vector<int> pids;
};

struct Subscriber {
  int socket = -1;
  uint32_t index = 0;
  State state = State::connecting;
  std::string unread;     // of a frame that has not come whole
  std::string fragments;  // of a message that has not come whole
  std::string natsBytes;  // of a NATS line or message that has not come whole
  std::string unsent;
  size_t timeAt = 0;  // where the time stood in the last message
  int64_t startedAt = 0;
  int messages = 0;
  int64_t askedAt = 0;
  std::string answer;
};

struct Publisher {
  int socket = -1;
  std::string unsent, tail;
  std::deque<int64_t> due;  // of what is not answered yet
};

struct Phase {
  const char* kind;
  double rate = 0;
  uint64_t published = 0, answered = 0, refused = 0, expected = 0, received = 0, unexpected = 0;
  double perSecond = 0, p50 = 0, p90 = 0, p99 = 0, max = 0, answerP50 = 0, answerP99 = 0;
  double serverCpu = 0, generatorCpu = 0, microsEach = 0, drained = 0;
  bool isSustained = false;
};

static constexpr uint32_t PUBLISHERS = 0x80000000u;  // epoll ids from here on are publishers
static Options options;
static int poller = -1;
static std::vector<Subscriber> subscribers;
static std::vector<Publisher> publishers;
static int readyCount = 0, deadCount = 0, openingCount = 0, acknowledgedCount = 0, caughtUpCount = 0;
static bool maySubscribe = true;
static uint64_t totalMessages = 0, totalReads = 0, totalBytes = 0, unexpectedCount = 0;
static Histogram latencies, answerTimes, readyTimes, catchUpTimes;
static int64_t phaseStart = 0, lastArrival = 0, catchUpStart = 0;
static uint64_t received = 0, answered = 0, refused = 0;
static bool isMeasuring = false;
static std::map<std::string, uint64_t> answers;
static uint64_t askedCount = 0;

static int64_t nowMicros() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

[[noreturn]] static void fail(const std::string& what) {
  fprintf(stderr, "load: %s (%s)\n", what.c_str(), strerror(errno));
  exit(1);
}

// The first few are told; their number is in the result.
static void complain(const char* what, const char* text, size_t length) {
  if (++unexpectedCount <= 5) fprintf(stderr, "load: %s: %.*s\n", what, (int)std::min<size_t>(length, 300), text);
}

static const std::string& turn(const std::vector<std::string>& list, size_t number) { return list[number % list.size()]; }

static std::string filledFor(const Subscriber& subscriber, std::string text) {
  text = replaced(text, "{topic}", turn(options.topics, subscriber.index));
  text = replaced(text, "{token}", turn(options.tokens, subscriber.index));
  return replaced(text, "{connection}", std::to_string(subscriber.index));
}

// ---- sockets

static sockaddr_in addressOf(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons((uint16_t)port);
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  return address;
}

static void watch(int operation, int socket, uint32_t id, bool isWaitingToWrite) {
  epoll_event event{};
  event.events = EPOLLIN | (isWaitingToWrite ? (uint32_t)EPOLLOUT : 0u);
  event.data.u32 = id;
  if (epoll_ctl(poller, operation, socket, &event) < 0) fail("epoll_ctl");
}

static void withoutDelay(int socket) {
  int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void die(Subscriber& subscriber) {
  if (subscriber.state == State::dead) return;
  if (subscriber.state == State::ready) readyCount--;
  else openingCount--;
  subscriber.state = State::dead;
  close(subscriber.socket);
  deadCount++;
}

static void sendBytes(Subscriber& subscriber, const std::string& bytes) {
  if (subscriber.state == State::dead) return;
  size_t sent = 0;
  if (subscriber.unsent.empty()) {
    ssize_t count = send(subscriber.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN) return die(subscriber);
    sent = count < 0 ? 0 : (size_t)count;
  }
  if (sent == bytes.size()) return;
  subscriber.unsent.append(bytes, sent, std::string::npos);
  watch(EPOLL_CTL_MOD, subscriber.socket, subscriber.index, true);
}

// RFC 6455, section 5.2. The mask is zero: a server can't tell, and masking costs nothing.
static void sendFrame(Subscriber& subscriber, int opcode, const std::string& payload) {
  size_t length = payload.size();
  std::string frame(1, (char)(0x80 | opcode));
  if (length < 126) {
    frame += (char)(0x80 | length);
  } else if (length < 65536) {
    frame += (char)(0x80 | 126);
    for (int shift = 8; shift >= 0; shift -= 8) frame += (char)(length >> shift);
  } else {
    frame += (char)(0x80 | 127);
    for (int shift = 56; shift >= 0; shift -= 8) frame += (char)((uint64_t)length >> shift);
  }
  frame.append(4, '\0');
  sendBytes(subscriber, frame + payload);
}

static void sendText(Subscriber& subscriber, const std::string& text) { sendFrame(subscriber, 1, text); }

// ---- protocols

static void becomeReady(Subscriber& subscriber) {
  if (subscriber.state == State::ready || subscriber.state == State::dead) return;
  subscriber.state = State::ready;
  openingCount--;
  readyCount++;
  readyTimes.add(nowMicros() - subscriber.startedAt);
}

// Ids as clients make them: 36 characters.
static std::string operationIdOf(const Subscriber& subscriber) {
  char text[64];
  snprintf(text, sizeof text, "%08x-5f3a-4c1b-9d2e-%012x", subscriber.index * 2654435761u, subscriber.index + 1);
  return text;
}

static void subscribe(Subscriber& subscriber) {
  subscriber.state = State::subscribing;
  sendText(subscriber, "{\"id\":\"" + operationIdOf(subscriber) + "\",\"type\":\"subscribe\",\"payload\":{\"query\":\"" +
                           escapedForJson(turn(options.queries, subscriber.index)) +
                           "\",\"variables\":" + filledFor(subscriber, options.variables) + "}}");
  if (options.readyAt == "pong") sendText(subscriber, "{\"type\":\"ping\"}");
}

static void opened(Subscriber& subscriber) {
  subscriber.state = State::greeting;
  if (options.protocol == Protocol::raw) becomeReady(subscriber);
  if (options.protocol == Protocol::graphql)
    sendText(subscriber, "{\"type\":\"connection_init\",\"payload\":" + filledFor(subscriber, options.init) + "}");
}

static bool readTime(Subscriber& subscriber, const char* text, size_t length, int64_t& time) {
  static const char KEY[] = "\"t\":", ESCAPED_KEY[] = "\\\"t\\\":";
  const char *end = text + length, *digits = nullptr;
  if (subscriber.timeAt + 4 < length && !memcmp(text + subscriber.timeAt, KEY, 4)) {
    digits = text + subscriber.timeAt + 4;
  } else if (const char* key = (const char*)memmem(text, length, KEY, 4)) {
    subscriber.timeAt = (size_t)(key - text);
    digits = key + 4;
  } else if (const char* key = (const char*)memmem(text, length, ESCAPED_KEY, 6)) {
    digits = key + 6;
  }
  if (!digits) return false;
  if (digits < end && *digits == '"') digits++;
  for (time = 0; digits < end && *digits >= '0' && *digits <= '9'; digits++) time = time * 10 + (*digits - '0');
  return true;
}

static void onEntry(Subscriber& subscriber, const char* text, size_t length, int64_t now) {
  totalMessages++;
  subscriber.messages++;
  if (subscriber.state != State::ready && options.readyAt == "first") becomeReady(subscriber);
  if (options.catchUp > 0 && subscriber.messages == options.catchUp) {
    caughtUpCount++;
    catchUpTimes.add(now - catchUpStart);
  }
  int64_t time = 0;
  if (!readTime(subscriber, text, length, time)) {
    // What greets a subscriber may be without a time; what comes later may not.
    if (isMeasuring) complain("a message without a time", text, length);
    return;
  }
  if (!isMeasuring || time < phaseStart) return;
  received++;
  lastArrival = now;
  latencies.add(now - time);
}

// ---- asking

static void ask(Subscriber& subscriber) {
  static const std::string QUERY = escapedForJson(options.queries[0]);
  uint64_t number = options.askFrom + 10 * askedCount;
  std::string variables = replaced(options.ask, "{topic}", turn(options.topics, askedCount++));
  subscriber.askedAt = nowMicros();
  sendText(subscriber, "{\"id\":\"1\",\"type\":\"subscribe\",\"payload\":{\"query\":\"" + QUERY + "\",\"variables\":" +
                           replaced(variables, "{number}", std::to_string(number)) + "}}");
}

// The value of the first of these members, or the whole where it has none.
static std::string codeIn(const char* text, size_t length) {
  for (std::string key : {"\"outcome\":\"", "\"code\":\""}) {
    const char* found = (const char*)memmem(text, length, key.data(), key.size());
    if (!found) continue;
    const char *start = found + key.size(), *end = (const char*)memchr(start, '"', (size_t)(text + length - start));
    if (end) return std::string(start, end);
  }
  return std::string(text, std::min<size_t>(length, 200));
}

// The id is free again when the operation is complete.
static void onAnswer(Subscriber& subscriber, const char* type, const char* text, size_t length, int64_t now) {
  size_t left = length - (size_t)(type - text);
  if (startsWith(type, left, "next\"")) return void(subscriber.answer = codeIn(text, length));
  if (startsWith(type, left, "error\"")) subscriber.answer = codeIn(text, length);
  answers[subscriber.answer]++;
  answerTimes.add(now - subscriber.askedAt);
  subscriber.askedAt = 0;
  if (isMeasuring) ask(subscriber);
}

static void onGraphql(Subscriber& subscriber, const char* text, size_t length, int64_t now) {
  static const char KEY[] = "\"type\":\"";
  const char* key = (const char*)memmem(text, length, KEY, sizeof KEY - 1);
  if (!key) return complain("a message without a type", text, length);
  const char* type = key + sizeof KEY - 1;
  size_t left = length - (size_t)(type - text);
  if (subscriber.askedAt > 0 && !startsWith(type, left, "p")) return onAnswer(subscriber, type, text, length, now);
  if (startsWith(type, left, "next\"")) return onEntry(subscriber, text, length, now);
  if (startsWith(type, left, "connection_ack\"")) {
    subscriber.state = State::acknowledged;
    acknowledgedCount++;
    if (!options.ask.empty()) return becomeReady(subscriber);
    if (maySubscribe) subscribe(subscriber);
    return;
  }
  if (startsWith(type, left, "ping\"")) return sendText(subscriber, "{\"type\":\"pong\"}");
  if (startsWith(type, left, "pong\"")) return options.readyAt == "pong" ? becomeReady(subscriber) : void();
  complain("an unexpected message", text, length);
}

static void onSocketIo(Subscriber& subscriber, const char* text, size_t length, int64_t now) {
  if (startsWith(text, length, "42")) return onEntry(subscriber, text, length, now);
  if (startsWith(text, length, "2")) return sendText(subscriber, "3");
  if (startsWith(text, length, "0")) return sendText(subscriber, filledFor(subscriber, "40" + options.init));
  if (startsWith(text, length, "40")) return sendText(subscriber, filledFor(subscriber, "420[\"join\",\"{topic}\"]"));
  if (startsWith(text, length, "430")) return becomeReady(subscriber);
  complain("an unexpected packet", text, length);
}

// Lines end with CR LF; a MSG line tells the length of what follows it. Returns the bytes that were read.
static size_t onNatsLine(Subscriber& subscriber, const char* text, size_t length, int64_t now) {
  const char* end = (const char*)memchr(text, '\n', length);
  if (!end) return 0;
  size_t line = (size_t)(end - text) + 1;
  if (startsWith(text, line, "MSG ")) {
    const char* digits = end - 1;
    while (digits[-1] >= '0' && digits[-1] <= '9') digits--;
    size_t payload = strtoul(digits, nullptr, 10);
    if (line + payload + 2 > length) return 0;
    onEntry(subscriber, end + 1, payload, now);
    return line + payload + 2;
  }
  if (startsWith(text, line, "INFO ") && subscriber.state == State::greeting) {
    subscriber.state = State::subscribing;
    std::string hello = "CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"c\",\"version\":\"1\",\"protocol\":1}\r\n";
    sendFrame(subscriber, 2, filledFor(subscriber, hello + "SUB {topic} 1\r\nPING\r\n"));
  }
  if (startsWith(text, line, "PING")) sendFrame(subscriber, 2, "PONG\r\n");
  if (startsWith(text, line, "PONG")) becomeReady(subscriber);
  if (startsWith(text, line, "-ERR")) complain("an error", text, line);
  return line;
}

static void onNats(Subscriber& subscriber, const char* text, size_t length, int64_t now) {
  std::string whole = std::move(subscriber.natsBytes);
  if (!whole.empty()) {
    whole.append(text, length);
    text = whole.data();
    length = whole.size();
  }
  size_t read = 0;
  while (read < length) {
    size_t step = onNatsLine(subscriber, text + read, length - read, now);
    if (step == 0) break;
    read += step;
  }
  subscriber.natsBytes = std::string(text + read, length - read);
}

static void onMessage(Subscriber& subscriber, const char* text, size_t length, int64_t now) {
  switch (options.protocol) {
    case Protocol::raw: return onEntry(subscriber, text, length, now);
    case Protocol::graphql: return onGraphql(subscriber, text, length, now);
    case Protocol::socketIo: return onSocketIo(subscriber, text, length, now);
    case Protocol::nats: return onNats(subscriber, text, length, now);
  }
}

// ---- reading

static void onFrame(Subscriber& subscriber, int opcode, bool isFinal, const char* data, size_t length, int64_t now) {
  if (opcode == 8) {
    complain("closed by the server", data + std::min<size_t>(2, length), length < 2 ? 0 : length - 2);
    return die(subscriber);
  }
  if (opcode == 9) return sendFrame(subscriber, 10, std::string(data, length));
  if (opcode == 10) return;
  if (opcode != 0 && isFinal) return onMessage(subscriber, data, length, now);
  subscriber.fragments.append(data, length);
  if (!isFinal) return;
  std::string message = std::move(subscriber.fragments);
  subscriber.fragments.clear();
  onMessage(subscriber, message.data(), message.size(), now);
}

// Returns the bytes of the frames that were whole.
static size_t readFrames(Subscriber& subscriber, const char* bytes, size_t count, int64_t now) {
  size_t at = 0;
  while (count - at >= 2 && subscriber.state != State::dead) {
    const uint8_t* head = (const uint8_t*)bytes + at;
    size_t length = head[1] & 127, header = length == 126 ? 4 : length == 127 ? 10 : 2;
    if (head[1] & 128) fail("a masked frame from the server");
    if (count - at < header) break;
    if (header > 2) length = 0;
    for (size_t index = 2; index < header; index++) length = (length << 8) | head[index];
    if (count - at - header < length) break;
    onFrame(subscriber, head[0] & 15, head[0] & 128, bytes + at + header, length, now);
    at += header + length;
  }
  return at;
}

static void onReadable(Subscriber& subscriber) {
  static char buffer[1 << 18];
  ssize_t count = recv(subscriber.socket, buffer, sizeof buffer, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    complain("a connection ended", "", 0);
    return die(subscriber);
  }
  totalReads++;
  totalBytes += (uint64_t)count;
  const char* bytes = buffer;
  size_t length = (size_t)count;
  std::string whole = std::move(subscriber.unread);
  subscriber.unread.clear();
  if (!whole.empty()) {
    whole.append(buffer, length);
    bytes = whole.data();
    length = whole.size();
  }
  if (subscriber.state == State::upgrading) {
    const char* end = (const char*)memmem(bytes, length, "\r\n\r\n", 4);
    if (!end) return void(subscriber.unread.assign(bytes, length));
    if (!startsWith(bytes, length, "HTTP/1.1 101")) {
      complain("an upgrade was refused", bytes, length);
      return die(subscriber);
    }
    length -= (size_t)(end + 4 - bytes);
    bytes = end + 4;
    opened(subscriber);
  }
  size_t read = readFrames(subscriber, bytes, length, nowMicros());
  if (subscriber.state != State::dead && read < length) subscriber.unread.assign(bytes + read, length - read);
}

static void onWritable(Subscriber& subscriber) {
  if (subscriber.state == State::connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(subscriber.socket, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
      complain("no connection", strerror(error), strlen(strerror(error)));
      return die(subscriber);
    }
    subscriber.state = State::upgrading;
    std::string request = "GET " + filledFor(subscriber, options.path) +
                          " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
    if (options.protocol == Protocol::graphql) request += "Sec-WebSocket-Protocol: graphql-transport-ws\r\n";
    sendBytes(subscriber, request + "\r\n");
  } else {
    std::string rest = std::move(subscriber.unsent);
    subscriber.unsent.clear();
    sendBytes(subscriber, rest);
  }
  if (subscriber.state == State::dead || !subscriber.unsent.empty()) return;
  watch(EPOLL_CTL_MOD, subscriber.socket, subscriber.index, false);
}

static void startConnecting(Subscriber& subscriber) {
  int port = (int)options.ports[subscriber.index % options.ports.size()];
  subscriber.socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (subscriber.socket < 0) fail("socket");
  withoutDelay(subscriber.socket);
  subscriber.startedAt = nowMicros();
  openingCount++;
  sockaddr_in address = addressOf(port);
  if (connect(subscriber.socket, (sockaddr*)&address, sizeof address) < 0 && errno != EINPROGRESS) return die(subscriber);
  watch(EPOLL_CTL_ADD, subscriber.socket, subscriber.index, true);
}

// ---- publishing

static void openPublisher(size_t index) {
  Publisher& publisher = publishers[index];
  publisher = Publisher{};
  publisher.socket = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = addressOf(options.publishPort);
  if (connect(publisher.socket, (sockaddr*)&address, sizeof address) < 0) fail("the publisher found no server");
  withoutDelay(publisher.socket);
  fcntl(publisher.socket, F_SETFL, O_NONBLOCK);
  publisher.unsent = options.publishHello;
  watch(EPOLL_CTL_ADD, publisher.socket, PUBLISHERS + (uint32_t)index, false);
}

static void flush(Publisher& publisher) {
  if (publisher.unsent.empty()) return;
  ssize_t count = send(publisher.socket, publisher.unsent.data(), publisher.unsent.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0 && errno != EAGAIN) fail("publishing failed");
  if (count > 0) publisher.unsent.erase(0, (size_t)count);
}

static void flushAll() {
  for (Publisher& publisher : publishers) flush(publisher);
}

static void onAnswered(Publisher& publisher, bool isAccepted, int64_t now) {
  if (publisher.due.empty()) return;
  answered++;
  if (!isAccepted) refused++;
  answerTimes.add(now - publisher.due.front());
  publisher.due.pop_front();
}

// HTTP answers come in the order of their requests; each is counted by its first line, refusals by their mark.
static void readAnswers(Publisher& publisher, const char* bytes, size_t count) {
  static const std::string LINE = "HTTP/1.1 ";
  std::string text = publisher.tail + std::string(bytes, count);
  int64_t now = nowMicros();
  size_t read = 0;
  for (size_t at; (at = text.find(LINE, read)) != std::string::npos && at + LINE.size() < text.size();) {
    bool isAccepted = text[at + LINE.size()] == '2';
    if (!isAccepted) complain("publishing was answered", text.data() + at, text.size() - at);
    onAnswered(publisher, isAccepted, now);
    read = at + LINE.size();
  }
  size_t keep = std::max(LINE.size(), options.refusal.size());
  if (!options.refusal.empty()) {
    // Whatever is whole in the tail of before was counted then.
    size_t from = publisher.tail.size() < options.refusal.size() ? 0 : publisher.tail.size() - options.refusal.size() + 1;
    for (size_t at = from; (at = text.find(options.refusal, at)) != std::string::npos; at++) {
      refused++;
      complain("publishing was refused", text.data() + at, text.size() - at);
    }
  }
  publisher.tail = text.substr(std::max(read, text.size() > keep ? text.size() - keep : 0));
}

static void onPublisherReadable(size_t index) {
  static char buffer[1 << 16];
  Publisher& publisher = publishers[index];
  ssize_t count = recv(publisher.socket, buffer, sizeof buffer, MSG_DONTWAIT);
  if (count < 0) return;
  if (count == 0) {
    // A server may close a connection that was idle between phases.
    if (!publisher.due.empty() || !publisher.unsent.empty()) fail("the server closed a publisher's connection");
    close(publisher.socket);
    return openPublisher(index);
  }
  if (options.protocol != Protocol::nats) return readAnswers(publisher, buffer, (size_t)count);
  if (memmem(buffer, (size_t)count, "PING\r\n", 6)) publisher.unsent += "PONG\r\n";
}

// Sleeps rather than spins, however short: databases and buses of what is measured may run on the generator's core.
static void pollUntil(int64_t instant) {
  static epoll_event events[1024];
  int64_t wait = std::max<int64_t>(0, instant - nowMicros());
  timespec timeout{wait / 1000000, wait % 1000000 * 1000};
  int count = (int)syscall(SYS_epoll_pwait2, poller, events, 1024, &timeout, nullptr, 0);
  if (count < 0 && errno != EINTR) fail("waiting failed: it takes a Linux of 5.11 or later");
  for (int index = 0; index < count; index++) {
    uint32_t id = events[index].data.u32;
    if (id >= PUBLISHERS) {
      onPublisherReadable(id - PUBLISHERS);
      continue;
    }
    Subscriber& subscriber = subscribers[id];
    if (subscriber.state != State::dead && events[index].events & EPOLLOUT) onWritable(subscriber);
    if (subscriber.state != State::dead && events[index].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) onReadable(subscriber);
  }
}

static void poll(int timeoutMs) {
  pollUntil(nowMicros() + timeoutMs * 1000);
}

static void pollFor(double seconds) {
  for (int64_t end = nowMicros() + (int64_t)(seconds * 1e6); nowMicros() < end;) poll(2);
}

static void publishOne(int64_t due) {
  static uint64_t number = 0;
  char time[24], numberText[24];
  snprintf(time, sizeof time, "%016" PRId64, due);
  snprintf(numberText, sizeof numberText, "%010" PRIu64, number);
  Publisher& publisher = publishers[number % publishers.size()];
  std::string request = replaced(options.publish, "{time}", time);
  request = replaced(request, "{number}", numberText);
  publisher.unsent += replaced(request, "{topic}", turn(options.topics, number));
  if (options.protocol != Protocol::nats) publisher.due.push_back(due);
  number++;
}

// ---- measuring

static size_t unansweredCount() {
  size_t count = 0;
  for (const Publisher& publisher : publishers) count += publisher.due.size();
  return count;
}

static Phase measure(const char* kind, double rate, double seconds) {
  Phase phase{};
  phase.kind = kind;
  phase.rate = rate;
  pollFor(0.15);
  latencies.clear();
  answerTimes.clear();
  received = answered = refused = 0;
  uint64_t unexpectedBefore = unexpectedCount, total = std::max<uint64_t>(1, (uint64_t)std::llround(rate * seconds));
  double serverBefore = cpuSecondsOf(options.pids), ownBefore = ownCpuSeconds(), period = 1e6 / rate;
  int64_t start = nowMicros(), end = start + (int64_t)(seconds * 1e6);
  phaseStart = lastArrival = start;
  isMeasuring = true;
  for (int64_t now = start; now < end || phase.published < total; now = nowMicros()) {
    uint64_t due = std::min(total, (uint64_t)((now - start) / period) + 1);
    for (; phase.published < due; phase.published++) publishOne(start + (int64_t)(phase.published * period));
    flushAll();
    int64_t next = phase.published < total ? start + (int64_t)(phase.published * period) : end;
    pollUntil(std::min(next, nowMicros() + 5000));
  }
  int64_t over = nowMicros();
  double took = (over - start) / 1e6;
  phase.serverCpu = (cpuSecondsOf(options.pids) - serverBefore) / took;
  phase.generatorCpu = (ownCpuSeconds() - ownBefore) / took;
  phase.expected = (uint64_t)std::llround(phase.published * (double)readyCount / options.topics.size());
  int64_t deadline = over + (int64_t)(options.drainSeconds * 1e6);
  while ((received < phase.expected || unansweredCount() > 0) && nowMicros() < deadline) {
    flushAll();
    poll(2);
  }
  isMeasuring = false;
  phase.received = received;
  phase.answered = answered;
  phase.refused = refused;
  phase.unexpected = unexpectedCount - unexpectedBefore;
  phase.drained = std::max<double>(0, (lastArrival - over) / 1e6);
  phase.perSecond = received / std::max((lastArrival - start) / 1e6, seconds);
  phase.microsEach = received ? (cpuSecondsOf(options.pids) - serverBefore) * 1e6 / received : 0;
  phase.p50 = latencies.quantileMs(.5);
  phase.p90 = latencies.quantileMs(.9);
  phase.p99 = latencies.quantileMs(.99);
  phase.max = latencies.maxMs();
  phase.answerP50 = answerTimes.quantileMs(.5);
  phase.answerP99 = answerTimes.quantileMs(.99);
  bool isWhole = received == phase.expected && refused == 0 && phase.unexpected == 0;
  phase.isSustained = isWhole && phase.p99 < options.limitMs;
  return phase;
}

static void print(const Phase& phase) {
  static bool isFirst = true;
  printf(
      "%s\n    {\"kind\":\"%s\",\"entriesPerSecond\":%.3f,\"published\":%" PRIu64 ",\"answered\":%" PRIu64 ",\"refused\":%" PRIu64
      ",\"expected\":%" PRIu64 ",\"received\":%" PRIu64 ",\"unexpected\":%" PRIu64
      ",\"deliveriesPerSecond\":%.1f,\"p50Ms\":%.3f,\"p90Ms\":%.3f,\"p99Ms\":%.3f,\"maxMs\":%.3f,\"answerP50Ms\":%.3f,"
      "\"answerP99Ms\":%.3f,\"serverCpu\":%.3f,\"generatorCpu\":%.3f,\"cpuMicrosPerDelivery\":%.3f,\"drainSeconds\":%.2f,"
      "\"isSustained\":%s}",
      isFirst ? "" : ",", phase.kind, phase.rate, phase.published, phase.answered, phase.refused, phase.expected, phase.received,
      phase.unexpected, phase.perSecond, phase.p50, phase.p90, phase.p99, phase.max, phase.answerP50, phase.answerP99,
      phase.serverCpu, phase.generatorCpu, phase.microsEach, phase.drained, phase.isSustained ? "true" : "false");
  fflush(stdout);
  isFirst = false;
}

// One hiccup does not end a ramp: what arrived whole, but late, is tried once more.
static bool isSustainedAt(const char* kind, double rate) {
  Phase phase = measure(kind, rate, options.seconds);
  print(phase);
  if (phase.isSustained || phase.received != phase.expected || phase.p99 > 10 * options.limitMs) return phase.isSustained;
  phase = measure("retry", rate, options.seconds);
  print(phase);
  return phase.isSustained;
}

static void ramp() {
  double sustained = 0, missed = 0;
  for (double rate = options.ramp; missed == 0 && rate < 1e6 && readyCount > 0; rate *= options.factor) {
    if (isSustainedAt("ramp", rate)) sustained = rate;
    else missed = rate;
  }
  for (int step = 0; step < 3 && sustained > 0 && missed > 0; step++) {
    double middle = std::sqrt(sustained * missed);
    if (isSustainedAt("bisect", middle)) sustained = middle;
    else missed = middle;
  }
  if (!options.hasOverload || missed == 0) return;
  for (double factor : {1.5, 3.0}) {
    Phase phase = measure("overload", missed * factor, std::min(options.seconds, 1.5));
    print(phase);
    if (phase.received < phase.expected) return;
  }
}

static void publishAtOnce(int count) {
  if (count > 0 && readyCount > 0) print(measure("burst", count * 1e3, 1e-3));
}

static void collectGarbage() {
  if (options.collectPid == 0) return;
  kill(options.collectPid, SIGUSR2);
  pollFor(1);
}

static void connectAll() {
  int64_t deadline = nowMicros() + 120000000;
  int started = 0;
  // Those that were acknowledged and wait for all to subscribe at once are not being opened any more.
  auto opening = [] { return openingCount - (maySubscribe ? 0 : acknowledgedCount); };
  while ((started < options.connections || opening() > 0) && nowMicros() < deadline) {
    while (started < options.connections && opening() < options.concurrency) startConnecting(subscribers[started++]);
    poll(10);
  }
}

static void printConnecting() {
  collectGarbage();
  long memoryBefore = residentKilobytesOf(options.pids);
  double cpuBefore = cpuSecondsOf(options.pids), ownBefore = ownCpuSeconds();
  int64_t start = nowMicros();
  maySubscribe = options.catchUp == 0;
  connectAll();
  double seconds = (nowMicros() - start) / 1e6, own = (ownCpuSeconds() - ownBefore) / seconds;
  pollFor(options.settleSeconds);
  double cpu = cpuSecondsOf(options.pids) - cpuBefore;
  collectGarbage();
  long memory = residentKilobytesOf(options.pids);
  int connected = maySubscribe ? readyCount : acknowledgedCount;
  printf("{\"connections\":%d,\"connected\":%d,\"connectSeconds\":%.3f,\"connectsPerSecond\":%.1f,\"connectP50Ms\":%.3f,"
         "\"connectP99Ms\":%.3f,\"cpuMicrosPerConnect\":%.1f,\"connectGeneratorCpu\":%.3f,\"residentKilobytesBefore\":%ld,"
         "\"residentKilobytesAfter\":%ld,\"residentKilobytesPerConnection\":%.3f",
         options.connections, connected, seconds, connected / seconds, readyTimes.quantileMs(.5), readyTimes.quantileMs(.99),
         cpu * 1e6 / options.connections, own, memoryBefore, memory, (double)(memory - memoryBefore) / options.connections);
}

static void printCatchingUp() {
  double cpuBefore = cpuSecondsOf(options.pids), ownBefore = ownCpuSeconds();
  catchUpStart = nowMicros();
  maySubscribe = true;
  for (Subscriber& subscriber : subscribers)
    if (subscriber.state == State::acknowledged) subscribe(subscriber);
  while (caughtUpCount < options.connections && deadCount == 0 && nowMicros() < catchUpStart + 120000000) poll(5);
  double seconds = (nowMicros() - catchUpStart) / 1e6;
  printf(",\n  \"catchUp\":{\"caughtUp\":%d,\"entries\":%d,\"seconds\":%.3f,\"entriesPerSecond\":%.1f,\"p50Ms\":%.3f,\"p99Ms\":%.3f,"
         "\"serverCpu\":%.3f,\"generatorCpu\":%.3f}",
         caughtUpCount, options.catchUp, seconds, (double)caughtUpCount * options.catchUp / seconds, catchUpTimes.quantileMs(.5),
         catchUpTimes.quantileMs(.99), (cpuSecondsOf(options.pids) - cpuBefore) / seconds, (ownCpuSeconds() - ownBefore) / seconds);
}

static void printAsking() {
  double cpuBefore = cpuSecondsOf(options.pids), ownBefore = ownCpuSeconds();
  int64_t start = nowMicros(), end = start + (int64_t)(options.seconds * 1e6);
  isMeasuring = true;
  for (Subscriber& subscriber : subscribers) ask(subscriber);
  while (nowMicros() < end && deadCount == 0) poll(2);
  isMeasuring = false;
  double seconds = (nowMicros() - start) / 1e6;
  uint64_t total = 0;
  for (auto& [code, count] : answers) total += count;
  printf(",\n  \"asking\":{\"answersPerSecond\":%.1f,\"p50Ms\":%.3f,\"p99Ms\":%.3f,\"serverCpu\":%.3f,\"generatorCpu\":%.3f,"
         "\"asked\":%" PRIu64 ",\"answers\":{",
         total / seconds, answerTimes.quantileMs(.5), answerTimes.quantileMs(.99), (cpuSecondsOf(options.pids) - cpuBefore) / seconds,
         (ownCpuSeconds() - ownBefore) / seconds, askedCount);
  const char* separator = "";
  for (auto& [code, count] : answers) {
    printf("%s\"%s\":%" PRIu64, separator, escapedForJson(code).c_str(), count);
    separator = ",";
  }
  printf("}}");
  // What was asked last is still answered.
  auto isWaiting = [](const Subscriber& subscriber) { return subscriber.state != State::dead && subscriber.askedAt > 0; };
  int64_t deadline = nowMicros() + (int64_t)(options.drainSeconds * 1e6);
  while (std::any_of(subscribers.begin(), subscribers.end(), isWaiting) && nowMicros() < deadline) poll(2);
}

// ---- options

static std::vector<std::string> linesOf(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  if (lines.empty()) fail("no lines in " + path);
  return lines;
}

static std::string unescaped(const std::string& text) { return replaced(replaced(text, "\\r", "\r"), "\\n", "\n"); }

static Protocol protocolNamed(const std::string& name) {
  static const std::map<std::string, Protocol> NAMES = {
      {"raw", Protocol::raw}, {"graphql", Protocol::graphql}, {"socket.io", Protocol::socketIo}, {"nats", Protocol::nats}};
  auto found = NAMES.find(name);
  if (found == NAMES.end()) fail("unknown protocol " + name);
  return found->second;
}

static void readOptions(int count, char** words) {
  for (int index = 1; index < count; index++) {
    std::string name = words[index];
    if (name == "--overload") {
      options.hasOverload = true;
      continue;
    }
    if (++index == count) fail("a value is missing: " + name);
    std::string value = words[index];
    if (name == "--port") options.ports = numbersIn(value);
    else if (name == "--protocol") options.protocol = protocolNamed(value);
    else if (name == "--path") options.path = value;
    else if (name == "--connections") options.connections = std::stoi(value);
    else if (name == "--concurrency") options.concurrency = std::stoi(value);
    else if (name == "--topics") options.topics = linesOf(value);
    else if (name == "--tokens") options.tokens = linesOf(value);
    else if (name == "--queries") options.queries = linesOf(value);
    else if (name == "--init") options.init = value;
    else if (name == "--variables") options.variables = value;
    else if (name == "--ready") options.readyAt = value;
    else if (name == "--settle") options.settleSeconds = std::stod(value);
    else if (name == "--burst") options.burst = std::stoi(value);
    else if (name == "--collect") options.collectPid = std::stoi(value);
    else if (name == "--catch-up") options.catchUp = std::stoi(value);
    else if (name == "--ask") options.ask = value;
    else if (name == "--ask-from") options.askFrom = std::stoull(value);
    else if (name == "--publish") options.publish = unescaped(value);
    else if (name == "--publish-hello") options.publishHello = unescaped(value);
    else if (name == "--publish-port") options.publishPort = std::stoi(value);
    else if (name == "--publish-connections") options.publishConnections = std::stoi(value);
    else if (name == "--refusal") options.refusal = value;
    else if (name == "--rates") options.rates = numbersIn(value);
    else if (name == "--ramp") options.ramp = std::stod(value);
    else if (name == "--factor") options.factor = std::stod(value);
    else if (name == "--seconds") options.seconds = std::stod(value);
    else if (name == "--limit-ms") options.limitMs = std::stod(value);
    else if (name == "--drain") options.drainSeconds = std::stod(value);
    else if (name == "--pid") for (double pid : numbersIn(value)) options.pids.push_back((int)pid);
    else fail("unknown option " + name);
  }
  if (options.ports.empty()) fail("--port is missing");
  if (options.publishPort == 0) options.publishPort = (int)options.ports[0];
}

int main(int count, char** words) {
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1);
  readOptions(count, words);
  poller = epoll_create1(0);
  subscribers.resize((size_t)options.connections);
  for (size_t index = 0; index < subscribers.size(); index++) subscribers[index].index = (uint32_t)index;
  printConnecting();
  if (options.catchUp > 0) printCatchingUp();
  if (!options.ask.empty()) printAsking();
  printf(",\n  \"phases\":[");
  if (!options.rates.empty() || options.ramp > 0) {
    publishers.resize((size_t)options.publishConnections);
    for (size_t index = 0; index < publishers.size(); index++) openPublisher(index);
    measure("warm-up", options.rates.empty() ? options.ramp : options.rates[0], 1);
    for (double rate : options.rates) print(measure("fixed", rate, options.seconds));
    if (options.ramp > 0) ramp();
    publishAtOnce(options.burst);
  }
  printf("],\n  \"messages\":%" PRIu64 ",\"reads\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"unexpected\":%" PRIu64 ",\"dead\":%d}\n",
         totalMessages, totalReads, totalBytes, unexpectedCount, deadCount);
  return 0;
}
