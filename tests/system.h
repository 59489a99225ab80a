/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What the system lets a program do. Under qemu-user, for one, it is less. */

#pragma once

#include <glib.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static inline gboolean
test_can_pace (void)
{
  int fd = socket (AF_INET, SOCK_STREAM, 0);
  guint32 rate = 1000000;
  gboolean can = setsockopt (fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate,
      sizeof rate) == 0;

  close (fd);

  return can;
}

/* TRUE if there is word of a connection's round trips. */
static inline gboolean
test_has_tcp_info (void)
{
  int fd = socket (AF_INET, SOCK_STREAM, 0);
  struct tcp_info info;
  socklen_t size = sizeof info;
  gboolean has = getsockopt (fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0
      && size > G_STRUCT_OFFSET (struct tcp_info, tcpi_min_rtt);

  close (fd);

  return has;
}

/* FALSE where such a limit is taken, and nothing is done with it. */
static inline gboolean
test_can_limit_address_space (void)
{
  struct rlimit before, limit, after;
  gboolean can = getrlimit (RLIMIT_AS, &before) == 0;

  limit = before;
  limit.rlim_cur = MIN (before.rlim_max, G_MAXSIZE / 4);
  can = can && setrlimit (RLIMIT_AS, &limit) == 0
      && getrlimit (RLIMIT_AS, &after) == 0
      && after.rlim_cur == limit.rlim_cur;
  setrlimit (RLIMIT_AS, &before);

  return can;
}
