/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The identity of an ECS instance, from the real address of its metadata
 * service, 100.100.100.200: in a network namespace of its own, in which that
 * address belongs to the loopback device. Skipped where none can be made. */

#define _GNU_SOURCE

#include "fixture.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define SMALL 1000
#define ADDRESS "100.100.100.200"
#define OPTIONS "--address=0.0.0.0 --port=80 --endpoint=http://127.0.0.1:80"

/* Why there is no namespace, or NULL. */
static const gchar *problem;

static gboolean
set_address (int fd, const gchar * device, const gchar * address)
{
  struct ifreq request = { 0 };
  struct sockaddr_in *in = (struct sockaddr_in *) &request.ifr_addr;

  g_strlcpy (request.ifr_name, device, sizeof request.ifr_name);
  in->sin_family = AF_INET;
  inet_pton (AF_INET, address, &in->sin_addr);

  return ioctl (fd, SIOCSIFADDR, &request) == 0;
}

static gboolean
set_up (int fd, const gchar * device)
{
  struct ifreq request = { 0 };

  g_strlcpy (request.ifr_name, device, sizeof request.ifr_name);
  request.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;

  return ioctl (fd, SIOCSIFFLAGS, &request) == 0;
}

/* Before there is another thread. */
static void
enter_namespace (void)
{
  int fd;

  if (unshare (CLONE_NEWNET) < 0
      && unshare (CLONE_NEWUSER | CLONE_NEWNET) < 0) {
    problem = g_strerror (errno);
    return;
  }

  fd = socket (AF_INET, SOCK_DGRAM, 0);
  if (!set_address (fd, "lo", "127.0.0.1") || !set_up (fd, "lo")
      || !set_address (fd, "lo:1", ADDRESS))
    problem = g_strerror (errno);
  close (fd);
}

/* FALSE, and the test is skipped, without a namespace. */
static Fixture *
start (const gchar * options)
{
  Fixture *f;

  if (problem != NULL) {
    g_autofree gchar *text =
        g_strconcat ("no network namespace: ", problem, NULL);

    g_test_skip (text);
    return NULL;
  }

  f = fixture_new (options);
  g_unsetenv ("ALIBABA_CLOUD_ECS_METADATA_DISABLED");
  g_object_set (f->sink, "access-key-id", NULL, "access-key-secret", NULL,
      "ice-endpoint", "http://127.0.0.1:80", NULL);

  return f;
}

typedef struct
{
  const gchar *name;
  const gchar *options;
  const gchar *proxy;
} MetadataCase;

static const MetadataCase cases[] = {
  {"in-hardened-mode", OPTIONS " --require-metadata-token", NULL},
  {"in-the-older-mode", OPTIONS
        " --fault=metadata-token:error:status=404:count=0", NULL},
  {"past-a-proxy", OPTIONS, "http://127.0.0.1:1"},
};

static void
test_records (gconstpointer data)
{
  const MetadataCase *c = data;
  Fixture *f = start (c->options);

  if (f == NULL)
    return;

  g_object_set (f->sink, "proxy", c->proxy, NULL);
  fixture_play (f);
  fixture_push (f, SMALL);
  fixture_complete (f);
  g_assert_cmpuint (fixture_count (f, ICE_EMULATOR_METADATA_IDENTITY), ==, 1);
  fixture_free (f);
}

/* The error's debug string without an identity. (transfer full) (nullable) */
static gchar *
fail_without_role (void)
{
  Fixture *f = start (OPTIONS " --role-name=");
  gchar *debug = NULL;
  gint place;

  if (f == NULL)
    return NULL;

  fixture_play (f);
  fixture_wait_error (f, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  place = fixture_find_message (f, GST_MESSAGE_ERROR);
  gst_message_parse_error (g_ptr_array_index (f->messages, place), NULL,
      &debug);
  fixture_free (f);

  return debug;
}

/* The service has to answer within a second, which a slow machine may miss
 * once; that is another error, and says so. */
static void
test_nobody (void)
{
  gint64 deadline_us = fixture_get_deadline ();
  g_autofree gchar *debug = fail_without_role ();

  while (debug != NULL && strstr (debug, "not finished for") != NULL
      && g_get_monotonic_time () < deadline_us) {
    g_free (debug);
    debug = fail_without_role ();
  }
  if (debug != NULL)
    g_assert_nonnull (strstr (debug, "the instance has no RAM role"));
}

int
main (int argc, char **argv)
{
  gsize i;

  enter_namespace ();
  fixture_init (&argc, &argv);

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *path = g_strconcat ("/metadata/gives-the-identity/",
        cases[i].name, NULL);

    g_test_add_data_func (path, &cases[i], test_records);
  }
  g_test_add_func ("/metadata/names-a-missing-role", test_nobody);

  return g_test_run ();
}
