// What one core can do on a machine where every delivery is a write of its own: accepts WebSocket upgrades, and on a POST sends
// one ready frame to every socket with send(2). Does nothing else; checks nothing.
//
//   g++ -O2 -std=c++17 -Wall -Wextra -o limit limit.cpp && ./limit 4000
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

struct Connection {
  std::string received, unsent;
  bool isSubscriber = false;
};

static const char UPGRADED[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
static const char DONE[] = "HTTP/1.1 204 No Content\r\n\r\n";
static const std::string BEFORE_TIME =
    "{\"id\":\"00000000-5f3a-4c1b-9d2e-000000000001\",\"type\":\"next\",\"payload\":{\"data\":{\"bidPlaced\":{\"id\":\"evt_00000001\","
    "\"auctionId\":\"r0000\",\"seq\":1,\"kind\":\"BID_PLACED\",\"amount\":125050,\"currency\":\"EUR\","
    "\"endsAt\":\"2030-01-01T00:00:00.000Z\",\"t\":";
static const std::string AFTER_TIME = ",\"bidder\":{\"id\":\"usr_00829\",\"name\":\"Ada Lovelace\",\"country\":\"GB\"}}}}}";

static int poller;
// By socket number; as many as the process may ever have open.
static std::vector<Connection> connections(1 << 17);
static std::vector<int> subscribers;

static void watch(int operation, int socket, bool isWaitingToWrite) {
  epoll_event event{};
  event.events = EPOLLIN | (isWaitingToWrite ? (uint32_t)EPOLLOUT : 0u);
  event.data.fd = socket;
  epoll_ctl(poller, operation, socket, &event);
}

static void deliver(int socket, const std::string& bytes) {
  Connection& connection = connections[socket];
  size_t sent = 0;
  if (connection.unsent.empty()) sent = (size_t)std::max<ssize_t>(0, send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  if (sent == bytes.size()) return;
  connection.unsent.append(bytes, sent, std::string::npos);
  watch(EPOLL_CTL_MOD, socket, true);
}

static std::string frameWith(const std::string& time) {
  std::string payload = BEFORE_TIME + time + AFTER_TIME;
  char head[] = {(char)0x81, 126, (char)(payload.size() >> 8), (char)payload.size()};
  return std::string(head, sizeof head) + payload;
}

static void publish(const std::string& request) {
  size_t start = request.find("time=");
  if (start == std::string::npos) return;
  start = request.find_first_not_of('0', start + 5);
  std::string frame = frameWith(request.substr(start, request.find_first_not_of("0123456789", start) - start));
  for (int socket : subscribers) deliver(socket, frame);
}

static void onRequest(int socket, const std::string& request) {
  if (request.find("Upgrade: websocket") != std::string::npos) {
    connections[socket].isSubscriber = true;
    subscribers.push_back(socket);
    deliver(socket, UPGRADED);
    return;
  }
  publish(request);
  deliver(socket, DONE);
}

static void onEnd(int socket) {
  auto found = std::find(subscribers.begin(), subscribers.end(), socket);
  if (found != subscribers.end()) subscribers.erase(found);
  connections[socket] = Connection{};
  close(socket);
}

static void onReadable(int socket) {
  static char buffer[65536];
  ssize_t count = recv(socket, buffer, sizeof buffer, 0);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) return onEnd(socket);
  Connection& connection = connections[socket];
  if (connection.isSubscriber) return;
  connection.received.append(buffer, (size_t)count);
  for (size_t end; (end = connection.received.find("\r\n\r\n")) != std::string::npos;) {
    std::string request = connection.received.substr(0, end);
    connection.received.erase(0, end + 4);
    onRequest(socket, request);
  }
}

static void onWritable(int socket) {
  std::string rest = std::move(connections[socket].unsent);
  connections[socket].unsent.clear();
  deliver(socket, rest);
  if (connections[socket].unsent.empty()) watch(EPOLL_CTL_MOD, socket, false);
}

static void acceptFrom(int listener) {
  int socket, on = 1;
  while ((socket = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0) {
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections[socket] = Connection{};
    watch(EPOLL_CTL_ADD, socket, false);
  }
}

int main(int count, char** words) {
  signal(SIGPIPE, SIG_IGN);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons((uint16_t)(count > 1 ? atoi(words[1]) : 4000));
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  if (bind(listener, (sockaddr*)&address, sizeof address) || listen(listener, 4096)) {
    perror("limit");
    return 1;
  }
  poller = epoll_create1(0);
  watch(EPOLL_CTL_ADD, listener, false);
  static epoll_event events[1024];
  for (;;) {
    int ready = epoll_wait(poller, events, 1024, -1);
    for (int index = 0; index < ready; index++) {
      int socket = events[index].data.fd;
      if (socket == listener) acceptFrom(listener);
      else {
        if (events[index].events & EPOLLOUT) onWritable(socket);
        if (events[index].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) onReadable(socket);
      }
    }
  }
}
