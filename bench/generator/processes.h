// What processes have used so far, as the kernel tells it (proc(5)).
#pragma once
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string>
#include <vector>

inline double ownCpuSeconds() {
  rusage used;
  getrusage(RUSAGE_SELF, &used);
  return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

// All threads together. Processes that are gone count nothing.
inline double cpuSecondsOf(const std::vector<int>& pids) {
  double ticks = 0;
  for (int pid : pids) {
    FILE* file = fopen(("/proc/" + std::to_string(pid) + "/stat").c_str(), "r");
    if (!file) continue;
    char text[1024];
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    const char* afterName = strrchr(text, ')');
    unsigned long user = 0, system = 0;
    if (afterName && sscanf(afterName + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) == 2)
      ticks += user + system;
  }
  return ticks / sysconf(_SC_CLK_TCK);
}

inline long residentKilobytesOf(const std::vector<int>& pids) {
  long sum = 0, value = 0;
  for (int pid : pids) {
    FILE* file = fopen(("/proc/" + std::to_string(pid) + "/status").c_str(), "r");
    if (!file) continue;
    char line[256];
    while (fgets(line, sizeof line, file))
      if (sscanf(line, "VmRSS: %ld", &value) == 1) sum += value;
    fclose(file);
  }
  return sum;
}
