/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What is left in memory of secrets when a sink is gone: nothing of an
 * AccessKey secret and nothing of an UploadAuth.
 *
 * The sink is in another process, which is this program again. It drops the
 * sink, waits, and is searched from here, where the emulator is and its
 * secrets are: the other process knows none but what icesink itself read from a
 * file or from the network.
 *
 * Security tokens and signatures are not asserted. They go out in headers, and
 * libsoup and the C library copy those into memory that nobody else can reach
 * and do not wipe it (docs/how-it-works.md): a message of the test says how many
 * pieces are left. */

#include "fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "patience.h"

#define MEDIA_ID "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
#define PIECE 24
#define SETTLE_SECONDS 5

/* What the other process says when the sink is gone. */
#define MARK '!'

/* ---- the process with the sink ---- */

/* Until its end, whatever that is. */
static void
run_to_end (GstElement * pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* Says that the sink is gone, and stays until somebody closes the input. */
static void
wait_to_be_searched (void)
{
  gchar byte = MARK;

  g_assert_cmpint (write (STDOUT_FILENO, &byte, 1), ==, 1);
  while (read (STDIN_FILENO, &byte, 1) > 0);
}

static int
record (const gchar * settings)
{
  g_autofree gchar *line = g_strdup_printf ("fakesrc num-buffers=100"
      " sizetype=fixed sizemax=10000 filltype=zero ! icesink media-id="
      MEDIA_ID " part-size=102400 retry-timeout=500000000 %s", settings);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);

  g_assert_no_error (error);
  run_to_end (pipeline);
  gst_object_unref (pipeline);
  wait_to_be_searched ();

  return EXIT_SUCCESS;
}

/* ---- the search ---- */

typedef struct
{
  int memory;                   /* descriptor of the other's memory */
  GArray *ranges;               /* of guint64 pairs: what it may write to */
  GByteArray *bytes;            /* of all of them */
} Image;

static void
read_range (Image * image, guint64 start, guint64 end)
{
  guint old_size = image->bytes->len;
  gssize n;

  g_byte_array_set_size (image->bytes, old_size + (end - start));
  n = pread (image->memory, image->bytes->data + old_size, end - start, start);
  /* Some ranges of the kernel's can't be read. */
  g_byte_array_set_size (image->bytes, old_size + MAX (n, 0));
}

/* All writable memory of @process. (transfer full) */
static GByteArray *
read_memory (GSubprocess * process)
{
  const gchar *pid = g_subprocess_get_identifier (process);
  g_autofree gchar *maps_path = g_strdup_printf ("/proc/%s/maps", pid);
  g_autofree gchar *memory_path = g_strdup_printf ("/proc/%s/mem", pid);
  g_autofree gchar *maps = NULL;
  g_auto (GStrv) lines = NULL;
  Image image = { open (memory_path, O_RDONLY), NULL, g_byte_array_new () };
  guint i;

  if (image.memory < 0) {
    g_test_skip ("this system does not let a parent read its child's memory");
    return image.bytes;
  }
  g_assert_true (g_file_get_contents (maps_path, &maps, NULL, NULL));
  lines = g_strsplit (maps, "\n", -1);
  for (i = 0; lines[i] != NULL; i++) {
    guint64 start, end;
    gchar rights[5];

    if (sscanf (lines[i], "%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER
            "x %4s", &start, &end, rights) == 3 && rights[1] == 'w')
      read_range (&image, start, end);
  }
  close (image.memory);

  return image.bytes;
}

/* What is around @place, for whoever wants to know whose it is. */
static void
say_around (const GByteArray * memory, const guint8 * place)
{
  const guint8 *start = MAX (place - 64, memory->data);
  gchar around[161] = "";
  guint i;

  for (i = 0; i < 160; i++) {
    around[i] = g_ascii_isprint (start[i]) ? start[i] : '.';
  }
  g_test_message ("left: %s", around);
}

/* All but security tokens, which begin like this, and signatures. */
static gboolean
has_to_go (const gchar * secret)
{
  return !g_str_has_prefix (secret, "CAIS")
      && strspn (secret, "0123456789abcdef") < strlen (secret);
}

/* A piece of a secret; a text that was cut off is a leak as well. */
typedef struct
{
  gchar text[PIECE];
  gboolean has_to_go;
} Piece;

/* All pieces of all secrets, by their first two bytes: so memory is read only
 * once. */
typedef struct
{
  GArray *by_start[G_MAXUINT16 + 1];    /* (nullable) (element-type Piece) */
} Pieces;

static guint
get_start (const guint8 * text)
{
  return text[0] << 8 | text[1];
}

static Pieces *
pieces_new (const gchar * const *secrets)
{
  Pieces *pieces = g_new0 (Pieces, 1);
  gsize i, at;

  for (i = 0; secrets[i] != NULL; i++) {
    for (at = 0; at + PIECE <= strlen (secrets[i]); at += PIECE) {
      Piece piece = { .has_to_go = has_to_go (secrets[i]) };
      GArray **slot;

      memcpy (piece.text, secrets[i] + at, PIECE);
      slot = &pieces->by_start[get_start ((const guint8 *) piece.text)];
      if (*slot == NULL)
        *slot = g_array_new (FALSE, FALSE, sizeof (Piece));
      g_array_append_val (*slot, piece);
    }
  }

  return pieces;
}

static void
pieces_free (Pieces * pieces)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (pieces->by_start); i++)
    g_clear_pointer (&pieces->by_start[i], g_array_unref);
  g_free (pieces);
}

/* (nullable) */
static const Piece *
find_piece (const Pieces * pieces, const guint8 * place)
{
  const GArray *known = pieces->by_start[get_start (place)];
  guint i;

  for (i = 0; known != NULL && i < known->len; i++) {
    const Piece *piece = &g_array_index (known, Piece, i);

    if (memcmp (piece->text, place, PIECE) == 0)
      return piece;
  }

  return NULL;
}

/* Returns how many pieces are left of what has to go. @say: whose, too */
static guint
search (const GByteArray * memory, IceEmulator * emulator, gboolean say)
{
  g_auto (GStrv) secrets = ice_emulator_get_secrets (emulator);
  Pieces *pieces = pieces_new ((const gchar * const *) secrets);
  guint i, n_kept = 0, n_left = 0;

  for (i = 0; i + PIECE <= memory->len; i++) {
    const Piece *piece = find_piece (pieces, memory->data + i);

    if (piece == NULL)
      continue;
    n_left += piece->has_to_go ? 1 : 0;
    n_kept += piece->has_to_go ? 0 : 1;
    if (piece->has_to_go && say)
      say_around (memory, memory->data + i);
  }
  g_test_message ("%u bytes, %u secrets, %u pieces of tokens and signatures",
      memory->len, g_strv_length (secrets), n_kept);
  pieces_free (pieces);

  return n_left;
}

/* Other threads may have something to finish after the sink has gone. */
static void
assert_wiped (GSubprocess * process, IceEmulator * emulator)
{
  gint64 deadline_us = g_get_monotonic_time ()
      + test_patience (SETTLE_SECONDS) * G_USEC_PER_SEC;
  gboolean is_last = FALSE;
  guint n_left = 1;

  while (n_left > 0 && !is_last) {
    g_autoptr (GByteArray) memory = read_memory (process);

    is_last = g_get_monotonic_time () > deadline_us;
    n_left = search (memory, emulator, is_last);
    if (n_left > 0)
      g_usleep (G_USEC_PER_SEC / 5);
  }
  g_assert_cmpuint (n_left, ==, 0);
}

/* ---- runs ---- */

static gchar *program;

/* A home with a file of the command-line tool in it. (transfer full) */
static gchar *
make_home (void)
{
  g_autoptr (GError) error = NULL;
  gchar *home = g_dir_make_tmp ("icesink-wiped-XXXXXX", &error);
  g_autofree gchar *directory = g_build_filename (home, ".aliyun", NULL);
  g_autofree gchar *path = g_build_filename (directory, "config.json", NULL);

  g_assert_no_error (error);
  g_assert_cmpint (g_mkdir (directory, 0700), ==, 0);
  g_file_set_contents (path, "{\"current\":\"default\",\"profiles\":[{"
      "\"name\":\"default\",\"mode\":\"AK\",\"access_key_id\":\""
      FIXTURE_KEY_ID "\",\"access_key_secret\":\"" FIXTURE_KEY_SECRET
      "\"}]}", -1, &error);
  g_assert_no_error (error);

  return home;
}

static void
remove_home (const gchar * home)
{
  g_autofree gchar *directory = g_build_filename (home, ".aliyun", NULL);
  g_autofree gchar *path = g_build_filename (directory, "config.json", NULL);

  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_remove (directory), ==, 0);
  g_assert_cmpint (g_remove (home), ==, 0);
}

static GSubprocess *
start (IceEmulator * emulator, const gchar * home)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new
      (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  const gchar *ca_file = ice_emulator_get_ca_file (emulator);
  g_autofree gchar *settings = g_strdup_printf ("ice-endpoint=%s%s%s",
      ice_emulator_get_uri (emulator), ca_file ? " ssl-ca-file=" : "",
      ca_file ? ca_file : "");
  g_autoptr (GError) error = NULL;
  GSubprocess *process;

  g_subprocess_launcher_setenv (launcher, "HOME", home, TRUE);
  /* What libraries keep for later is not put into a home that goes. */
  g_subprocess_launcher_setenv (launcher, "XDG_CACHE_HOME",
      g_get_user_cache_dir (), TRUE);
  /* Else the dynamic linker puts vector registers on the stack at the first call
   * of a function, and with them what memcpy() has just copied. */
  g_subprocess_launcher_setenv (launcher, "LD_BIND_NOW", "1", TRUE);
  process = g_subprocess_launcher_spawn (launcher, &error, program,
      "--record", settings, NULL);
  g_assert_no_error (error);

  return process;
}

/* Other things may be said before. */
static void
wait_for_mark (GSubprocess * process)
{
  GInputStream *output = g_subprocess_get_stdout_pipe (process);
  gchar byte = '\0';

  while (byte != MARK)
    g_assert_cmpint (g_input_stream_read (output, &byte, 1, NULL, NULL), ==, 1);
}

static void
test_run (gconstpointer data)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (data);
  g_autofree gchar *home = make_home ();
  g_autoptr (GSubprocess) process = start (emulator, home);

  wait_for_mark (process);
  assert_wiped (process, emulator);
  g_output_stream_close (g_subprocess_get_stdin_pipe (process), NULL, NULL);
  g_assert_true (g_subprocess_wait_check (process, NULL, NULL));
  remove_home (home);
}

static const struct
{
  const gchar *name;
  const gchar *options;
} rows[] = {
  {"well", NULL},
  {"over-tls", "--tls"},
  {"renewals", "--fault=part:expired-token:count=3"},
  {"resets", "--fault=part:reset-mid-body:count=2"
        " --fault=refresh:reset-before --fault=complete:reset-before"},
  {"cut-answers", "--fault=refresh:truncated-body --fault=part:cut-answer"
        " --fault=initiate:truncated-body"},
  {"garbage", "--fault=refresh:garbage-body:count=0"},
  {"forbidden", "--fault=refresh:forbidden"},
  {"forbidden-parts", "--fault=part:forbidden:count=0"},
};

int
main (int argc, char **argv)
{
  gsize i;

  fixture_init (&argc, &argv);
  if (argc == 3 && g_str_equal (argv[1], "--record"))
    return record (argv[2]);

  program = argv[0];
  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *path = g_strconcat ("/icesink/wiped/after-",
        rows[i].name, NULL);

    g_test_add_data_func (path, rows[i].options, test_run);
  }

  return g_test_run ();
}
