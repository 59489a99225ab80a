/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A long cable between two network namespaces: delay, rate, loss.
 *
 *   link --near NAMESPACE --far NAMESPACE [--delay MS] [--rate MBIT]
 *       [--queue MS] [--loss PERCENT] [--seed N]
 *
 * It makes a TUN device `bench` in either namespace (files, as `ip netns add`
 * makes them) and carries packets between them: each waits for its turn on the
 * line, and arrives --delay, one way, after its last bit has left. The queue
 * before the line holds --queue of its bits, or as many as are under way in
 * both directions; what comes on top is lost. So nothing of the kernel is
 * needed but TUN; netem is often missing.
 *
 * It prints `ready` and runs until SIGTERM. At SIGUSR1, and at the end, it
 * prints JSON: the monotonic time, bytes carried from near to far, packets
 * carried and lost.
 *
 * One thread, root. */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <glib.h>

#define DEVICE "bench"
#define PACKET_SIZE 2048
#define SLOTS 32768
#define BATCH 64
#define NS_PER_SECOND G_GINT64_CONSTANT (1000000000)

static gchar *near_file;
static gchar *far_file;
static gdouble delay_ms = 25;
static gdouble rate_mbit = 100;
static gdouble queue_ms;
static gdouble loss_percent;
static gint seed = 1;

static const GOptionEntry entries[] = {
  {"near", 0, 0, G_OPTION_ARG_FILENAME, &near_file, "A namespace", "FILE"},
  {"far", 0, 0, G_OPTION_ARG_FILENAME, &far_file, "The other", "FILE"},
  {"delay", 0, 0, G_OPTION_ARG_DOUBLE, &delay_ms, "One way, 25", "MS"},
  {"rate", 0, 0, G_OPTION_ARG_DOUBLE, &rate_mbit, "100", "MBIT"},
  {"queue", 0, 0, G_OPTION_ARG_DOUBLE, &queue_ms, "Twice the delay", "MS"},
  {"loss", 0, 0, G_OPTION_ARG_DOUBLE, &loss_percent, "0", "PERCENT"},
  {"seed", 0, 0, G_OPTION_ARG_INT, &seed, "Of the losses", "N"},
  {NULL}
};

typedef struct
{
  gint64 due_ns;                /* when it arrives */
  guint size;
  guint8 data[PACKET_SIZE];
} Packet;

/**
 * Direction:
 * @packets: (owned): a ring of SLOTS; @first and @n are in it
 * @free_ns: when the line has sent what it was given
 * @bytes: that have arrived
 */
typedef struct
{
  int from;
  int to;
  Packet *packets;
  guint first;
  guint n;
  gint64 free_ns;
  guint64 bytes;
} Direction;

static GRand *dice;
static guint64 n_carried;
static guint64 n_lost;
static volatile sig_atomic_t ended;
static volatile sig_atomic_t asked;

static void
fail (const gchar * what)
{
  g_printerr ("link: %s: %s\n", what, g_strerror (errno));
  exit (1);
}

static gint64
get_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

/* A device belongs to the namespace that it was opened in. */
static int
open_tun (const gchar * namespace)
{
  struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
  int ns = open (namespace, O_RDONLY | O_CLOEXEC);
  int fd;

  if (ns < 0 || setns (ns, CLONE_NEWNET) < 0)
    fail (namespace);
  fd = open ("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  g_strlcpy (request.ifr_name, DEVICE, sizeof request.ifr_name);
  if (fd < 0 || ioctl (fd, TUNSETIFF, &request) < 0)
    fail ("/dev/net/tun");
  close (ns);

  return fd;
}

static gint64
get_send_ns (guint size)
{
  return size * 8 * (gint64) 1000 / rate_mbit;
}

static gint64
get_delay_ns (void)
{
  return delay_ms * 1000000;
}

/* TCP needs a round trip's worth. */
static gint64
get_queue_ns (void)
{
  return queue_ms > 0 ? queue_ms * 1000000 : 2 * get_delay_ns ();
}

static gboolean
is_lost (const Direction * direction, gint64 now_ns)
{
  if (direction->n == SLOTS
      || direction->free_ns - now_ns > get_queue_ns ())
    return TRUE;

  return loss_percent > 0
      && g_rand_double (dice) * 100 < loss_percent;
}

/* Takes one packet. FALSE if there is none. */
static gboolean
take (Direction * direction)
{
  static guint8 waste[PACKET_SIZE];
  gint64 now_ns = get_ns ();
  gboolean lost = is_lost (direction, now_ns);
  Packet *packet = &direction->packets[(direction->first + direction->n)
      % SLOTS];
  gssize size = read (direction->from, lost ? waste : packet->data,
      PACKET_SIZE);

  if (size <= 0)
    return FALSE;
  if (lost) {
    n_lost++;
    return TRUE;
  }

  direction->free_ns =
      MAX (direction->free_ns, now_ns) + get_send_ns (size);
  packet->due_ns = direction->free_ns + get_delay_ns ();
  packet->size = size;
  direction->n++;

  return TRUE;
}

/* Delivers what is due. */
static void
deliver (Direction * direction)
{
  gint64 now_ns = get_ns ();

  while (direction->n > 0) {
    Packet *packet = &direction->packets[direction->first];

    if (packet->due_ns > now_ns)
      return;
    if (write (direction->to, packet->data, packet->size) > 0) {
      n_carried++;
      direction->bytes += packet->size;
    }
    direction->first = (direction->first + 1) % SLOTS;
    direction->n--;
  }
}

static void
serve (Direction * direction)
{
  guint i;

  for (i = 0; i < BATCH && take (direction); i++);
  deliver (direction);
}

static void
wait_for_work (const Direction directions[2])
{
  struct pollfd fds[2];
  gint64 wait_ns = NS_PER_SECOND;
  gint64 now_ns = get_ns ();
  struct timespec timeout;
  guint i;

  for (i = 0; i < 2; i++) {
    const Direction *direction = &directions[i];

    fds[i] = (struct pollfd) { .fd = direction->from, .events = POLLIN };
    if (direction->n > 0)
      wait_ns = MIN (wait_ns,
          MAX (direction->packets[direction->first].due_ns - now_ns, 0));
  }
  timeout = (struct timespec) { wait_ns / NS_PER_SECOND,
    wait_ns % NS_PER_SECOND
  };
  ppoll (fds, 2, &timeout, NULL);
}

static void
on_signal (int number)
{
  if (number == SIGTERM)
    ended = 1;
  else
    asked = 1;
}

static void
report (const Direction * direction)
{
  asked = 0;
  printf ("{\"seconds\": %.6f, \"bytes\": %" G_GUINT64_FORMAT
      ", \"carried\": %" G_GUINT64_FORMAT ", \"lost\": %" G_GUINT64_FORMAT
      "}\n", get_ns () / (gdouble) NS_PER_SECOND, direction->bytes, n_carried,
      n_lost);
  fflush (stdout);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  Direction directions[2] = { 0 };
  guint i;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)
      || near_file == NULL || far_file == NULL) {
    g_printerr ("link: %s\n", error ? error->message : "see --help");
    return 2;
  }
  signal (SIGTERM, on_signal);
  signal (SIGUSR1, on_signal);
  prctl (PR_SET_TIMERSLACK, 1UL);
  dice = g_rand_new_with_seed (seed);
  directions[0].from = directions[1].to = open_tun (near_file);
  directions[0].to = directions[1].from = open_tun (far_file);
  for (i = 0; i < 2; i++)
    directions[i].packets = g_new (Packet, SLOTS);
  g_print ("ready\n");

  while (!ended) {
    serve (&directions[0]);
    serve (&directions[1]);
    wait_for_work (directions);
    if (asked)
      report (&directions[0]);
  }
  report (&directions[0]);
  for (i = 0; i < 2; i++)
    g_free (directions[i].packets);
  g_rand_free (dice);

  return 0;
}
