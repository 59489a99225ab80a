/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The spool when the disk is full or refuses, and when other processes are at
 * it or die in the middle.
 *
 * Other processes are this program again, called with the name of what to do
 * and a directory. A full disk is a small tmpfs, mounted in a namespace of its
 * own by unshare(1) where the system allows that. */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/gst.h>

#include "disk.h"
#include "spool-fixture.h"

#define KIB 1024
#define DISK_SIZE (256 * KIB)

/* What a process says when it can't do what it is for. */
#define SKIPPED 77

static const GstIcePartPlan plan = { PART_SIZE, 2 * PART_SIZE };

static const gchar *program;

static GstIceSpool *
open_spool (const gchar * directory)
{
  return gst_ice_spool_open (directory, MEDIA_ID, 0, GST_ICE_SPOOL_CREATE,
      NULL);
}

/* ---- other processes ---- */

static GSubprocess *
start (const gchar * const *command, GSubprocessFlags flags)
{
  g_autoptr (GError) error = NULL;
  GSubprocess *process = g_subprocess_newv (command, flags, &error);

  g_assert_no_error (error);

  return process;
}

static GSubprocess *
start_child (const gchar * what, const gchar * directory)
{
  const gchar *command[] = { program, what, directory, NULL };

  return start (command, G_SUBPROCESS_FLAGS_STDIN_PIPE
      | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
}

/* Waits until the child has said a line. */
static void
await_line (GSubprocess * process)
{
  GInputStream *out = g_subprocess_get_stdout_pipe (process);
  gchar byte = '\0';

  while (byte != '\n')
    g_assert_cmpint (g_input_stream_read (out, &byte, 1, NULL, NULL), ==, 1);
}

static void
say_line (void)
{
  g_assert_cmpint (write (STDOUT_FILENO, "\n", 1), ==, 1);
}

/* Until the parent ends, or closes the pipe. */
static void
await_end (void)
{
  gchar byte;

  while (read (STDIN_FILENO, &byte, 1) > 0)
    continue;
}

/* ---- in use ---- */

static int
hold_child (const gchar * directory)
{
  g_autoptr (GstIceSpool) spool = open_spool (directory);

  g_assert_nonnull (spool);
  say_line ();
  await_end ();

  return 0;
}

static void
test_in_use (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GSubprocess) child = NULL;
  GstIceSpool *spool;

  spool_fixture_record (fixture);
  child = start_child ("hold", fixture->directory);
  await_line (child);
  spool_fixture_refuse (fixture, GST_ICE_ERROR_SETTINGS, "in use");

  /* What is in use is still what it was, and free when the other is dead. */
  g_subprocess_force_exit (child);
  g_assert_true (g_subprocess_wait (child, NULL, NULL));
  spool = spool_fixture_open (fixture);
  assert_left (gst_ice_spool_get_left (spool));

  /* The same process is no exception. */
  spool_fixture_refuse (fixture, GST_ICE_ERROR_SETTINGS, "in use");
  gst_ice_spool_unref (spool);
}

/* ---- removal and opening at the same time ---- */

/* Opens, checks that it is alone, and removes, again and again. */
static int
churn_child (const gchar * directory)
{
  guint done = 0;
  guint32 mine = getpid ();

  while (done < 100) {
    g_autoptr (GstIceSpool) spool = open_spool (directory);
    guint32 read;

    if (spool == NULL)
      continue;
    g_assert_null (gst_ice_spool_get_left (spool));
    gst_ice_spool_note_run (spool, mine, &plan);
    g_assert_true (gst_ice_spool_write (spool, 0, &mine, sizeof mine, NULL));
    g_thread_yield ();
    g_assert_true (gst_ice_spool_read (spool, 0, &read, sizeof read, NULL));
    g_assert_cmpuint (read, ==, mine);
    gst_ice_spool_remove (spool);
    gst_ice_spool_flush (spool);
    done++;
  }

  return 0;
}

static void
test_removal_race (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  GSubprocess *children[3];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (children); i++)
    children[i] = start_child ("churn", fixture->directory);
  for (i = 0; i < G_N_ELEMENTS (children); i++) {
    g_assert_true (g_subprocess_wait_check (children[i], NULL, NULL));
    g_object_unref (children[i]);
  }

  /* Nothing is left but the directory of all. */
  g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
  g_assert_cmpint (g_mkdir (fixture->directory, 0700), ==, 0);
}

/* ---- kill -9 ---- */

/* Records the smallest parts and says so, until it is killed. */
static int
record_child (const gchar * directory)
{
  g_autoptr (GstIceSpool) spool = open_spool (directory);
  static guint8 bytes[PART_SIZE];
  guint number;

  g_assert_nonnull (spool);
  gst_ice_spool_note_run (spool, 0, &plan);
  gst_ice_spool_note_upload (spool, "bucket", "object", "UPLOAD");
  for (number = 1; number <= GST_ICE_PART_NUMBER_MAX; number++) {
    guint64 offset = (number - 1) * sizeof bytes;

    memset (bytes, number, sizeof bytes);
    g_assert_true (gst_ice_spool_write (spool, offset, bytes, sizeof bytes,
            NULL));
    gst_ice_spool_note_part (spool, number, offset, sizeof bytes);
    gst_ice_spool_note_arrived (spool, number, sizeof bytes, number, "\"E\"");
    gst_ice_spool_flush (spool);
    say_line ();
  }

  return 0;
}

static void
assert_survived (SpoolFixture * fixture, guint n_parts)
{
  g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);
  const GstIceSpoolLeft *left = gst_ice_spool_get_left (spool);
  guint i;

  g_assert_cmpuint (left->parts->len, >=, n_parts);
  g_assert_cmpuint (left->size, >=, PART_SIZE * left->parts->len);
  for (i = 1; i <= left->parts->len; i++) {
    guint8 byte;

    assert_part (left, i, PART_SIZE * (i - 1), PART_SIZE,
        spool_part (left, i)->arrived);
    g_assert_true (i > n_parts || spool_part (left, i)->arrived);
    g_assert_true (gst_ice_spool_read (spool, PART_SIZE * i - 1, &byte, 1, NULL));
    g_assert_cmpuint (byte, ==, i & 0xff);
  }
  gst_ice_spool_remove (spool);
  gst_ice_spool_flush (spool);
}

static void
test_killed (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  guint round;

  for (round = 0; round < 20; round++) {
    g_autoptr (GSubprocess) child = start_child ("record",
        fixture->directory);
    guint n = g_test_rand_int_range (1, 40);
    guint i;

    for (i = 0; i < n; i++)
      await_line (child);
    g_subprocess_force_exit (child);
    g_assert_true (g_subprocess_wait (child, NULL, NULL));

    assert_survived (fixture, n);
  }
}

/* ---- a full disk ---- */

static gboolean
write_block (GstIceSpool * spool, guint index, GError ** error)
{
  g_autofree guint8 *block = g_malloc (16 * KIB);

  memset (block, index + 1, 16 * KIB);

  return gst_ice_spool_write (spool, index * 16 * KIB, block, 16 * KIB,
      error);
}

/* Returns how many blocks there was room for. */
static guint
fill (GstIceSpool * spool)
{
  g_autoptr (GError) error = NULL;
  guint n = 0;

  while (write_block (spool, n, &error))
    n++;
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NO_SPACE);
  g_assert_nonnull (strstr (error->message, g_strerror (ENOSPC)));

  return n;
}

/* Enough notes to need another block of the disk. */
static void
note_parts (GstIceSpool * spool, guint first, guint last)
{
  guint number;

  for (number = first; number <= last; number++) {
    gst_ice_spool_note_part (spool, number, (number - 1) * PART_SIZE,
        PART_SIZE);
    gst_ice_spool_note_arrived (spool, number, PART_SIZE, number, "\"ETAG\"");
  }
  gst_ice_spool_flush (spool);
}

static void
assert_no_room (GstIceSpool * spool)
{
  g_autoptr (GError) trouble = gst_ice_spool_get_trouble (spool);

  g_assert_error (trouble, GST_ICE_ERROR, GST_ICE_ERROR_NO_SPACE);
  /* What the journal does not know of must not go. */
  g_assert_false (gst_ice_spool_free_range (spool, 0, 16 * KIB));
}

static void
assert_noted (const gchar * directory, guint n_parts)
{
  g_autoptr (GstIceSpool) spool = open_spool (directory);
  const GstIceSpoolLeft *left = gst_ice_spool_get_left (spool);
  guint i;

  g_assert_cmpuint (left->parts->len, ==, n_parts);
  for (i = 1; i <= n_parts; i++)
    assert_part (left, i, (i - 1) * PART_SIZE, PART_SIZE, TRUE);
}

/* Notes that find no room are written, in order, when there is some. */
static void
fill_and_relieve (const gchar * directory)
{
  GstIceSpool *spool = open_spool (directory);
  g_autofree gchar *path = NULL;
  guint8 byte;
  guint n;

  gst_ice_spool_note_run (spool, 0, &plan);
  gst_ice_spool_flush (spool);
  n = fill (spool);
  g_assert_cmpuint (n, >, 0);
  note_parts (spool, 1, 200);
  assert_no_room (spool);

  /* The data that was written is there. */
  g_assert_true (gst_ice_spool_read (spool, n * 16 * KIB - 1, &byte, 1,
          NULL));
  g_assert_cmpuint (byte, ==, n & 0xff);

  path = g_build_filename (gst_ice_spool_get_path (spool), "data", NULL);
  g_assert_cmpint (truncate (path, (n - 8) * 16 * KIB), ==, 0);
  note_parts (spool, 201, 210);
  g_assert_null (gst_ice_spool_get_trouble (spool));
  gst_ice_spool_unref (spool);
  assert_noted (directory, 210);
}

/* A process that dies before there is room leaves what was noted before. */
static void
fill_and_die (const gchar * directory)
{
  GstIceSpool *spool = open_spool (directory);
  guint before, i;

  before = gst_ice_spool_get_left (spool)->parts->len;
  fill (spool);
  note_parts (spool, before + 1, before + 200);
  assert_no_room (spool);
  gst_ice_spool_unref (spool);

  spool = open_spool (directory);
  g_assert_cmpuint (gst_ice_spool_get_left (spool)->parts->len, >=, before);
  for (i = 1; i <= before; i++)
    assert_part (gst_ice_spool_get_left (spool), i, (i - 1) * PART_SIZE, PART_SIZE, TRUE);

  /* A full disk is no reason to keep it full. */
  gst_ice_spool_remove (spool);
  gst_ice_spool_flush (spool);
  gst_ice_spool_unref (spool);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

/* No room at all, not even for a directory. */
static void
open_full (const gchar * directory)
{
  g_autofree gchar *path = g_build_filename (directory, "filling", NULL);
  g_autoptr (GError) error = NULL;
  GstIceSpool *spool;
  FILE *file = g_fopen (path, "w");

  while (fputc ('x', file) != EOF && fflush (file) == 0)
    continue;
  fclose (file);

  spool = gst_ice_spool_open (directory, MEDIA_ID, 0, GST_ICE_SPOOL_CREATE,
      &error);
  if (spool != NULL) {
    gst_ice_spool_note_run (spool, 0, &plan);
    gst_ice_spool_flush (spool);
    assert_no_room (spool);
    gst_ice_spool_unref (spool);
  } else {
    g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_SETTINGS);
  }
  g_assert_cmpint (g_remove (path), ==, 0);
}

static int
small_disk_child (const gchar * directory)
{
  g_autofree gchar *below = g_build_filename (directory, "spools", NULL);

  if (mount ("none", directory, "tmpfs", 0,
          "size=" G_STRINGIFY (262144)) != 0)
    return SKIPPED;

  fill_and_relieve (below);
  fill_and_die (below);
  open_full (directory);

  return 0;
}

static void
test_full_disk (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  const gchar *command[] = { "unshare", "--user", "--map-root-user",
    "--mount", program, "small-disk", fixture->directory, NULL
  };
  g_autofree gchar *unshare = g_find_program_in_path ("unshare");
  g_autoptr (GSubprocess) child = NULL;
  gint status;

  if (unshare == NULL) {
    g_test_skip ("There is no unshare");
    return;
  }
  child = start (command, G_SUBPROCESS_FLAGS_NONE);
  g_assert_true (g_subprocess_wait (child, NULL, NULL));
  g_assert_true (g_subprocess_get_if_exited (child));
  status = g_subprocess_get_exit_status (child);
  /* unshare itself ends with 1 where it is not allowed. */
  if (status == SKIPPED || status == 1) {
    g_test_skip ("This system lets nobody mount a file system");
    return;
  }
  g_assert_cmpint (status, ==, 0);
}

/* ---- a disk that refuses ---- */

/* The limit on the size of files stands in for a disk that fails in the
 * middle of a write. */
static void
set_file_limit (rlim_t size)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = size;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

static int
limited_child (const gchar * directory)
{
  GstIceSpool *spool = open_spool (directory);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) trouble = NULL;

  signal (SIGXFSZ, SIG_IGN);
  gst_ice_spool_note_run (spool, 0, &plan);
  note_parts (spool, 1, 10);
  set_file_limit (20 * KIB);
  g_assert_true (write_block (spool, 0, NULL));
  g_assert_false (write_block (spool, 1, &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, g_strerror (EFBIG)));
  /* What did get there counts. */
  g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, 20 * KIB);

  /* What was torn stays in the journal for now, and is not built upon. */
  disk_set (DISK_CUT, "/journal", EIO);
  note_parts (spool, 11, 400);
  trouble = gst_ice_spool_get_trouble (spool);
  g_assert_nonnull (trouble);
  g_assert_nonnull (strstr (trouble->message, g_strerror (EIO)));
  disk_set (DISK_CUT, "", DISK_IS_WELL);
  set_file_limit (RLIM_INFINITY);
  g_assert_true (write_block (spool, 1, NULL));
  note_parts (spool, 401, 401);
  g_assert_null (gst_ice_spool_get_trouble (spool));
  gst_ice_spool_unref (spool);

  assert_noted (directory, 401);

  return 0;
}

static void
test_refused_writes (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GSubprocess) child = start_child ("limited",
      fixture->directory);

  g_assert_true (g_subprocess_wait_check (child, NULL, NULL));
}

/* Somebody removes the directory meanwhile: what is open goes on, and nothing
 * is in the way of the next one. */
static void
test_vanished (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  const gchar *const names[] = { "lock", "journal", "data", NULL };
  GstIceSpool *spool;
  guint i;

  spool_fixture_record (fixture);
  spool = spool_fixture_open (fixture);
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree gchar *path = spool_fixture_get_path (fixture, names[i]);

    g_assert_cmpint (g_remove (path), ==, 0);
  }
  assert_recorded (spool);
  gst_ice_spool_note_part (spool, 4, 3 * PART_SIZE, 100);
  gst_ice_spool_flush (spool);
  g_assert_null (gst_ice_spool_get_trouble (spool));
  gst_ice_spool_remove (spool);
  gst_ice_spool_flush (spool);
  gst_ice_spool_unref (spool);

  spool = spool_fixture_open (fixture);
  g_assert_null (gst_ice_spool_get_left (spool));
  gst_ice_spool_unref (spool);
}

static gsize
get_size (SpoolFixture * fixture, const gchar * name)
{
  g_autofree gchar *path = spool_fixture_get_path (fixture, name);
  GStatBuf info;

  g_assert_cmpint (g_stat (path, &info), ==, 0);

  return info.st_size;
}

/* Half a line, or bytes that nobody wants, are not built upon. */
static void
test_untidy (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  GstIceSpool *spool;
  gsize whole;

  spool_fixture_record (fixture);
  whole = get_size (fixture, "journal");
  spool_fixture_append (fixture, "{\"note\":");
  disk_set (DISK_CUT, "/journal", EIO);
  spool_fixture_refuse (fixture, GST_ICE_ERROR_SETTINGS, "can't be written");
  disk_set (DISK_CUT, "", DISK_IS_WELL);
  spool = spool_fixture_open (fixture);
  assert_left (gst_ice_spool_get_left (spool));
  g_assert_cmpuint (get_size (fixture, "journal"), ==, whole);

  /* The object is complete, and the data can't go. */
  disk_set (DISK_CUT, "/data", EIO);
  gst_ice_spool_note_finished (spool, RECORDED_SIZE);
  gst_ice_spool_flush (spool);
  gst_ice_spool_unref (spool);
  g_assert_cmpuint (get_size (fixture, "data"), ==, RECORDED_SIZE);
  spool_fixture_refuse (fixture, GST_ICE_ERROR_SETTINGS, "can't be written");
  disk_set (DISK_CUT, "", DISK_IS_WELL);
  spool = spool_fixture_open (fixture);
  g_assert_cmpuint (get_size (fixture, "data"), ==, 0);
  g_assert_cmpuint (gst_ice_spool_get_left (spool)->finished, ==,
      RECORDED_SIZE);
  gst_ice_spool_unref (spool);
}

/* Nothing goes before the journal says so. */
static void
test_finished_untold (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  GstIceSpool *spool;

  spool_fixture_record (fixture);
  spool = spool_fixture_open (fixture);
  disk_set (DISK_APPEND, "/journal", ENOSPC);
  gst_ice_spool_note_finished (spool, RECORDED_SIZE);
  gst_ice_spool_flush (spool);
  disk_set (DISK_APPEND, "", DISK_IS_WELL);
  gst_ice_spool_unref (spool);

  spool = spool_fixture_open (fixture);
  assert_left (gst_ice_spool_get_left (spool));
  assert_recorded (spool);
  gst_ice_spool_unref (spool);
}

/* What the disk does not let go of is nobody's recording any more. */
static void
test_kept_files (void)
{
  static const gchar *const names[] = { "/data", "/journal", "/lock" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
    g_autofree gchar *path = spool_fixture_get_path (fixture, names[i]);
    GstIceSpool *spool;

    spool_fixture_record (fixture);
    spool = spool_fixture_open (fixture);
    disk_set (DISK_REMOVE, names[i], EPERM);
    gst_ice_spool_remove (spool);
    gst_ice_spool_flush (spool);
    gst_ice_spool_unref (spool);
    g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));

    disk_set (DISK_REMOVE, "", DISK_IS_WELL);
    spool = spool_fixture_open (fixture);
    g_assert_null (gst_ice_spool_get_left (spool));
    g_assert_cmpuint (gst_ice_spool_get_used (spool), ==, 0);
    gst_ice_spool_remove (spool);
    gst_ice_spool_flush (spool);
    gst_ice_spool_unref (spool);
    g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  }
}

/* Something else has taken the place of the directory meanwhile. */
static void
test_replaced (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autofree gchar *path = spool_fixture_get_path (fixture, NULL);
  g_autofree gchar *moved = g_strconcat (path, "-moved", NULL);
  g_autofree gchar *text = NULL;
  GstIceSpool *spool;

  spool_fixture_record (fixture);
  spool = spool_fixture_open (fixture);
  g_assert_cmpint (g_rename (path, moved), ==, 0);
  g_assert_true (g_file_set_contents (path, "mine", -1, NULL));
  gst_ice_spool_remove (spool);
  gst_ice_spool_flush (spool);
  gst_ice_spool_unref (spool);

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "mine");
  /* Nothing is in what it had been. */
  g_assert_cmpint (g_rmdir (moved), ==, 0);
}

/* What may not outlive a power cut is said, whichever of the three it is. */
static void
test_not_forced (void)
{
  static const struct
  {
    const gchar *name;
    const gchar *what;
  } rows[] = {
    {"/data", "Forcing the data to the disk"},
    {"/journal", "Forcing the journal to the disk"},
    {"/" MEDIA_ID, "Forcing the journal to the disk"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
    g_autoptr (GstIceSpool) spool = NULL;
    g_autoptr (GError) trouble = NULL;

    disk_set (DISK_SYNC, rows[i].name, EIO);
    spool_fixture_record (fixture);
    spool = spool_fixture_open (fixture);
    gst_ice_spool_note_arrived (spool, 3, 100, 0, "\"ETAG\"");
    gst_ice_spool_flush (spool);
    disk_set (DISK_SYNC, "", DISK_IS_WELL);
    trouble = gst_ice_spool_get_trouble (spool);
    g_assert_error (trouble, GST_ICE_ERROR, GST_ICE_ERROR_FAILED);
    g_assert_nonnull (strstr (trouble->message, rows[i].what));
    g_assert_nonnull (strstr (trouble->message, g_strerror (EIO)));
  }
}

/* A signal in the middle of a call is nothing. */
static void
test_interrupted_calls (void)
{
  static const DiskCall calls[] = { DISK_FLOCK, DISK_READ, DISK_APPEND,
    DISK_WRITE
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (calls); i++) {
    g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
    g_autoptr (GstIceSpool) spool = NULL;

    if (calls[i] != DISK_READ)
      disk_set (calls[i], "", EINTR);
    spool_fixture_record (fixture);
    if (calls[i] == DISK_READ)
      disk_set (calls[i], "/journal", EINTR);
    spool = spool_fixture_open (fixture);
    assert_left (gst_ice_spool_get_left (spool));
    if (calls[i] == DISK_READ)
      disk_set (calls[i], "/data", EINTR);
    assert_recorded (spool);
    g_assert_null (gst_ice_spool_get_trouble (spool));
  }
}

/* A lock that can't be had at all, and a journal that can't be read. */
static void
test_no_access (void)
{
  static const struct
  {
    DiskCall call;
    const gchar *words;
  } rows[] = {
    {DISK_FLOCK, "it can't be locked: "},
    {DISK_READ, "its journal can't be read: "},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
    g_autoptr (GstIceSpool) spool = NULL;

    spool_fixture_record (fixture);
    disk_set (rows[i].call, "", EIO);
    spool_fixture_refuse (fixture, GST_ICE_ERROR_SETTINGS, rows[i].words);
    disk_set (rows[i].call, "", DISK_IS_WELL);
    spool = spool_fixture_open (fixture);
    assert_left (gst_ice_spool_get_left (spool));
  }
}

static void
test_read_only (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();

  if (geteuid () == 0) {
    g_test_skip ("root may write anywhere");
    return;
  }
  g_assert_cmpint (g_chmod (fixture->directory, 0500), ==, 0);
  spool_fixture_refuse (fixture, GST_ICE_ERROR_SETTINGS, "can't be made");
  g_assert_cmpint (g_chmod (fixture->directory, 0700), ==, 0);
}

/* ---- */

static const struct
{
  const gchar *what;
  int (*run) (const gchar * directory);
} children[] = {
  {"hold", hold_child},
  {"churn", churn_child},
  {"record", record_child},
  {"small-disk", small_disk_child},
  {"limited", limited_child},
};

int
main (int argc, char **argv)
{
  guint i;

  program = argv[0];
  gst_init (NULL, NULL);
  for (i = 0; argc == 3 && i < G_N_ELEMENTS (children); i++) {
    if (g_str_equal (argv[1], children[i].what))
      return children[i].run (argv[2]);
  }

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/spool-disk/one-at-a-time", test_in_use);
  g_test_add_func ("/spool-disk/removal-is-no-race", test_removal_race);
  g_test_add_func ("/spool-disk/survives-kill", test_killed);
  g_test_add_func ("/spool-disk/bears-a-full-disk", test_full_disk);
  g_test_add_func ("/spool-disk/bears-a-disk-that-refuses",
      test_refused_writes);
  g_test_add_func ("/spool-disk/bears-a-lost-directory", test_vanished);
  g_test_add_func ("/spool-disk/refuses-read-only", test_read_only);
  g_test_add_func ("/spool-disk/builds-on-nothing-torn", test_untidy);
  g_test_add_func ("/spool-disk/loses-nothing-untold", test_finished_untold);
  g_test_add_func ("/spool-disk/bears-files-that-stay", test_kept_files);
  g_test_add_func ("/spool-disk/removes-nothing-of-others", test_replaced);
  g_test_add_func ("/spool-disk/says-what-is-not-forced", test_not_forced);
  g_test_add_func ("/spool-disk/bears-signals", test_interrupted_calls);
  g_test_add_func ("/spool-disk/refuses-without-access", test_no_access);

  return g_test_run ();
}
