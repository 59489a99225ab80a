/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The examples record-device and upload-credential-server, as a user runs
 * them: a device without an AccessKey, a server that has it, and the emulator.
 *
 * The environment says where the programs are (RECORD_DEVICE,
 * CREDENTIAL_SERVER, PYTHON). */

#include "program.h"
#include "remove-tree.h"

#include <signal.h>
#include <string.h>
#include <glib/gstdio.h>

#define MEDIA_ID "0123456789abcdef0123456789abcdef"
#define OTHER_MEDIA_ID "fedcba9876543210fedcba9876543210"

/* A live stream and a copy of it. Every byte of an MPEG-TS is final. */
#define PIPELINE "videotestsrc is-live=true" \
  " ! video/x-raw,width=320,height=240,framerate=30/1" \
  " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30" \
  " ! mpegtsmux ! tee name=both" \
  " both. ! queue ! filesink location=%s" \
  " both. ! queue"

/**
 * Site:
 * @directory: (owned): of the files below, and of the copy
 * @token: (owned): of the device
 * @address: (owned): where the server listens, once it has been started
 */
typedef struct
{
  IceEmulator *emulator;
  gchar *directory;
  gchar *devices;
  gchar *token_file;
  gchar *copy;
  gchar *token;
  gchar *address;
  Program *server;
} Site;

static gchar *
write_file (Site * site, const gchar * name, const gchar * text)
{
  gchar *path = g_build_filename (site->directory, name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);

  return path;
}

/* As the head of the server's file tells. */
static void
make_token (Site * site)
{
  g_autofree gchar *line = g_strdup_printf ("%s %s --new-token",
      g_getenv ("PYTHON"), g_getenv ("CREDENTIAL_SERVER"));
  g_autoptr (Program) maker = program_new (line, NULL);
  g_autofree gchar *digest = NULL;
  g_autofree gchar *devices = NULL;

  site->token = program_read_up_to (maker, "token ");
  digest = program_read_up_to (maker, "sha256 ");
  program_wait (maker, 0);
  devices = g_strdup_printf ("{\"camera-1\": {\"token-sha256\": \"%s\","
      " \"media-ids\": [\"" MEDIA_ID "\"]}}", digest);
  site->devices = write_file (site, "devices.json", devices);
  site->token_file = write_file (site, "token", site->token);
}

static void
start_server (Site * site, const gchar * options)
{
  g_autofree gchar *line = g_strdup_printf ("%s %s --devices=%s --listen=%s"
      " --ice-endpoint=%s %s", g_getenv ("PYTHON"),
      g_getenv ("CREDENTIAL_SERVER"), site->devices,
      site->address != NULL ? site->address : "127.0.0.1:0",
      ice_emulator_get_uri (site->emulator), options);

  site->server = program_new (line, PROGRAM_IDENTITY);
  g_free (site->address);
  site->address = program_read_up_to (site->server, "listening on http");
  memmove (site->address, strstr (site->address, "://") + 3,
      strlen (strstr (site->address, "://") + 3) + 1);
}

/* Returns: what it has said. (transfer full) */
static gchar *
stop_server (Site * site)
{
  gchar *output;

  program_send_signal (site->server, SIGTERM);
  program_wait (site->server, 0);
  output = g_strdup (site->server->output->str);
  g_clear_pointer (&site->server, program_free);

  return output;
}

static Site *
site_new (const gchar * options)
{
  Site *site = g_new0 (Site, 1);
  g_autoptr (GError) error = NULL;

  site->emulator = ice_emulator_new_started (options);
  site->directory = g_dir_make_tmp ("icesink-XXXXXX", &error);
  g_assert_no_error (error);
  site->copy = g_build_filename (site->directory, "copy.ts", NULL);
  make_token (site);

  return site;
}

static void
site_free (Site * site)
{
  g_clear_pointer (&site->server, program_free);
  ice_emulator_free (site->emulator);
  test_remove_tree (site->directory);
  g_free (site->directory);
  g_free (site->devices);
  g_free (site->token_file);
  g_free (site->copy);
  g_free (site->token);
  g_free (site->address);
  g_free (site);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Site, site_free)

/* The device has no key in its environment. It asks icesink for the endpoint
 * of the emulator by the lease alone. */
static Program *
start_device (Site * site, const gchar * scheme, const gchar * options)
{
  g_autofree gchar *pipeline = g_strdup_printf (PIPELINE, site->copy);
  g_autofree gchar *line = g_strdup_printf ("%s --server=%s://%s"
      " --token-file=%s %s -- %s", g_getenv ("RECORD_DEVICE"), scheme,
      site->address, site->token_file, options, pipeline);

  return program_new (line, NULL);
}

static void
skip_credentials (Program * device, guint n)
{
  guint i;

  for (i = 0; i < n; i++)
    program_skip_to (device, "Upload credential received");
}

static void
finish (Site * site, Program * device)
{
  program_send_signal (device, SIGINT);
  program_wait (device, 0);
  program_assert_printed (device, "Object complete");
  program_assert_object_is_file (site->emulator, MEDIA_ID, site->copy);
}

/* Neither of the two sides says what it must keep for itself. */
static void
assert_no_secret (Site * site, const gchar * output)
{
  g_auto (GStrv) secrets = ice_emulator_get_secrets (site->emulator);
  guint i;

  g_assert_null (strstr (output, site->token));
  for (i = 0; secrets[i] != NULL; i++)
    g_assert_null (strstr (output, secrets[i]));
}

/* All calls of ICE came from the server, and none was refused. */
static void
assert_called_by_server (Site * site)
{
  g_autoptr (GPtrArray) records = ice_emulator_get_records (site->emulator);
  guint i;

  for (i = 0; i < records->len; i++) {
    IceEmulatorRecord *record = g_ptr_array_index (records, i);

    if (record->operation != ICE_EMULATOR_REFRESH)
      continue;
    g_assert_cmpuint (record->status, ==, 200);
    g_assert_null (record->user_agent);
  }
}

static void
test_renewals (void)
{
  g_autoptr (Site) site = site_new ("--credential-life=2");
  g_autoptr (Program) device = NULL;
  g_autofree gchar *said = NULL;

  start_server (site, "");
  device = start_device (site, "http", "--media-id=" MEDIA_ID);
  skip_credentials (device, 3);
  finish (site, device);
  said = stop_server (site);

  program_assert_printed (device, "An upload credential is wanted: start");
  program_assert_printed (device, "An upload credential is wanted: expiring");
  g_assert_nonnull (strstr (said, "camera-1 has a credential for " MEDIA_ID));
  g_assert_cmpuint (ice_emulator_get_generation (site->emulator), >=, 3);
  assert_called_by_server (site);
  assert_no_secret (site, said);
  assert_no_secret (site, device->output->str);
}

/* The credential dies while there is no server; recording goes on. */
static void
test_server_away (void)
{
  g_autoptr (Site) site = site_new ("--credential-life=2");
  g_autoptr (Program) device = NULL;
  g_autofree gchar *said = NULL;

  start_server (site, "");
  device = start_device (site, "http", "--media-id=" MEDIA_ID);
  skip_credentials (device, 1);
  said = stop_server (site);
  program_skip_to (device, "No upload credential: ");
  start_server (site, "");
  skip_credentials (device, 1);
  finish (site, device);
}

/* ICE is away, or throttles: the server says so, the device asks again. */
static void
test_ice_refuses (void)
{
  g_autoptr (Site) site =
      site_new ("--fault=refresh:error:status=503:code=ServiceUnavailable");
  g_autoptr (Program) device = NULL;
  g_autofree gchar *rest = NULL;

  start_server (site, "");
  device = start_device (site, "http", "--media-id=" MEDIA_ID);
  rest = program_read_up_to (device, "No upload credential: ");
  g_assert_nonnull (strstr (rest, "ServiceUnavailable"));
  skip_credentials (device, 1);
  finish (site, device);
}

static void
assert_server_refuses (Site * site, const gchar * reason)
{
  g_autoptr (Program) device =
      start_device (site, "http", "--media-id=" MEDIA_ID);

  program_wait (device, 1);
  program_assert_printed (device, "the server refuses: ");
  program_assert_printed (device, reason);
  g_assert_cmpuint (ice_emulator_count (site->emulator, ICE_EMULATOR_ANY, 0),
      ==, 0);
}

static void
test_unknown_token (void)
{
  g_autoptr (Site) site = site_new (NULL);

  g_free (site->token_file);
  site->token_file = write_file (site, "other-token", "not-the-token");
  start_server (site, "");
  assert_server_refuses (site, "no device has this token");
}

static void
test_other_media (void)
{
  g_autoptr (Site) site = site_new (NULL);
  g_autofree gchar *text = NULL, *path = NULL;
  gchar *place;

  g_file_get_contents (site->devices, &text, NULL, NULL);
  place = strstr (text, MEDIA_ID);
  memcpy (place, OTHER_MEDIA_ID, strlen (OTHER_MEDIA_ID));
  path = write_file (site, "devices.json", text);
  start_server (site, "");
  assert_server_refuses (site, "camera-1 may not write this media asset");
}

/* With a certificate of its own, as openssl makes it. */
static void
test_tls (void)
{
  g_autoptr (Site) site = site_new (NULL);
  g_autofree gchar *line = g_strdup_printf ("openssl req -x509 -newkey ec"
      " -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
      " -subj /CN=server -addext subjectAltName=IP:127.0.0.1"
      " -keyout %s/key.pem -out %s/certificate.pem", site->directory,
      site->directory);
  g_autofree gchar *options = g_strdup_printf ("--certificate="
      "%s/certificate.pem --key=%s/key.pem", site->directory,
      site->directory);
  g_autofree gchar *ca = g_strdup_printf ("--media-id=" MEDIA_ID
      " --ca-file=%s/certificate.pem", site->directory);
  g_autoptr (Program) openssl = program_new (line, NULL);
  g_autoptr (Program) device = NULL;

  program_wait (openssl, 0);
  start_server (site, options);
  device = start_device (site, "https", ca);
  skip_credentials (device, 1);
  finish (site, device);
}

static void
test_usage (gconstpointer data)
{
  g_autofree gchar *line =
      g_strdup_printf ("%s %s", g_getenv ("RECORD_DEVICE"),
      (const gchar *) data);
  g_autoptr (Program) device = program_new (line, NULL);

  program_wait (device, 2);
  program_assert_printed (device, "--help tells more");
}

static void
test_server_usage (gconstpointer data)
{
  g_autofree gchar *line = g_strdup_printf ("%s %s --devices=/nowhere %s",
      g_getenv ("PYTHON"), g_getenv ("CREDENTIAL_SERVER"),
      (const gchar *) data);
  g_autoptr (Program) server = program_new (line, PROGRAM_IDENTITY);

  program_wait (server, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/record-device/server/renews-the-credential",
      test_renewals);
  g_test_add_func ("/record-device/server/may-be-away", test_server_away);
  g_test_add_func ("/record-device/server/says-that-ice-refuses",
      test_ice_refuses);
  g_test_add_func ("/record-device/server/knows-its-devices",
      test_unknown_token);
  g_test_add_func ("/record-device/server/knows-who-may-write-what",
      test_other_media);
  g_test_add_func ("/record-device/server/speaks-tls", test_tls);
  g_test_add_data_func ("/record-device/usage/all-is-required",
      "--media-id=x", test_usage);
  g_test_add_data_func ("/record-device/usage/no-token-in-the-clear",
      "--media-id=x --token-file=t --server=http://example.com", test_usage);
  g_test_add_data_func ("/record-device/server-usage/no-token-in-the-clear",
      "--listen=0.0.0.0:0", test_server_usage);
  g_test_add_data_func ("/record-device/server-usage/no-key-in-the-clear",
      "--ice-endpoint=http://example.com", test_server_usage);

  return g_test_run ();
}
