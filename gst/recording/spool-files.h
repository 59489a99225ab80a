/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The directory of a spool and the files in it: found, made, locked, removed.
 *
 * Any thread that may wait for the disk. Owns: the file descriptors. */

#pragma once

#include <glib.h>

/* What is open of a spool; descriptors are -1 where there is none. */
typedef struct
{
  gchar *path;          /* (owned) of the directory */
  int directory;        /* file descriptor of it */
  int lock;             /* of the lock file; while it is open, the spool is
                         * ours */
  int journal;          /* of the journal, for appending */
  int data;             /* of the data file */
} GstIceSpoolFiles;

#define GST_ICE_SPOOL_FILES_INIT { NULL, -1, -1, -1, -1 }

/* Opens and locks; with @create, makes what is not there. @files is to be
 * cleared in any case. Errors: as gst_ice_spool_open(). */
gboolean gst_ice_spool_files_open (GstIceSpoolFiles * files,
    const gchar * directory, const gchar * media_id, gboolean create,
    GError ** error);

/* Opens journal and data for reading only; looks at the lock and lets go of
 * it. What does not exist stays -1. @in_use: (out) */
gboolean gst_ice_spool_files_open_to_look (GstIceSpoolFiles * files,
    const gchar * directory, const gchar * media_id, gboolean * in_use,
    GError ** error);

/* Closes the lock file alone. */
void gst_ice_spool_files_unlock (GstIceSpoolFiles * files);

/* Closes all, and so unlocks. */
void gst_ice_spool_files_clear (GstIceSpoolFiles * files);

/* All of the journal, at most @max bytes. (transfer full) */
GByteArray *gst_ice_spool_files_read_journal (const GstIceSpoolFiles * files,
    gsize max, GError ** error);

/* Removes all files and the directory. The lock is held to the end. */
gboolean gst_ice_spool_files_remove (const GstIceSpoolFiles * files,
    GError ** error);

/* Media ids below @directory that have files of a spool, sorted. */
GStrv gst_ice_spool_files_list (const gchar * directory, GError ** error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstIceSpoolFiles, gst_ice_spool_files_clear)
