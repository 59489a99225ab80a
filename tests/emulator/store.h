/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Objects, multipart uploads and their parts. */

#pragma once

#include "blob.h"

#define EMU_PART_SIZE_MIN (G_GUINT64_CONSTANT (100) * 1024)
#define EMU_PART_SIZE_MAX (G_GUINT64_CONSTANT (5) * 1024 * 1024 * 1024)
#define EMU_PARTS_MAX 10000

typedef struct _EmuStore EmuStore;

/* What is known of an object; a copy. */
typedef struct
{
  gchar *path;                  /* NULL: bytes were discarded */
  gchar *content_type;
  gchar *etag;                  /* quoted */
  guint64 size;
  guint64 crc64;
  gint64 modified_us;           /* wall clock */
  gboolean multipart;
} EmuObject;

void emu_object_free (EmuObject * object);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EmuObject, emu_object_free)

typedef struct
{
  guint number;
  gchar *etag;                  /* quoted */
  guint64 size;
  gint64 modified_us;
} EmuPart;

typedef struct
{
  gchar *id;
  gchar *key;
  gint64 initiated_us;
} EmuUpload;

/* One line of CompleteMultipartUpload. */
typedef struct
{
  guint number;
  gchar *etag;                  /* with or without quotes */
} EmuPartName;

typedef enum
{
  EMU_STORE_OK,
  EMU_STORE_NO_SUCH_UPLOAD,
  EMU_STORE_INVALID_PART,
  EMU_STORE_INVALID_PART_ORDER,
  EMU_STORE_TOO_SMALL,
  EMU_STORE_NO_PARTS,
  EMU_STORE_FAILED,             /* the disk did */
} EmuStoreResult;

/* @directory: NULL for a temporary one, removed with the store. @discard: no
 * bytes are kept; @with_md5: see options. */
EmuStore *emu_store_new (const gchar * directory, gboolean discard,
    gboolean with_md5, GError ** error);
void emu_store_free (EmuStore * store);
const gchar *emu_store_get_directory (EmuStore * store);

/* For bytes to come. (transfer full) */
EmuBlob *emu_store_new_blob (EmuStore * store, GError ** error);

/* Takes the file of @blob. */
EmuStoreResult emu_store_put (EmuStore * store, const gchar * bucket,
    const gchar * key, const gchar * content_type, EmuBlob * blob,
    gint64 now_us);

/* The upload id. (transfer full) */
gchar *emu_store_initiate (EmuStore * store, const gchar * bucket,
    const gchar * key, const gchar * content_type, gint64 now_us);
/* Whether that upload is there, for that object. */
gboolean emu_store_has_upload (EmuStore * store, const gchar * bucket,
    const gchar * key, const gchar * upload_id);
EmuStoreResult emu_store_put_part (EmuStore * store, const gchar * bucket,
    const gchar * key, const gchar * upload_id, guint number, EmuBlob * blob,
    gint64 now_us);
/* @names: (element-type EmuPartName) (nullable): NULL for all parts.
 * @object: what came of it. */
EmuStoreResult emu_store_complete (EmuStore * store, const gchar * bucket,
    const gchar * key, const gchar * upload_id, GPtrArray * names,
    gint64 now_us, EmuObject ** object);
EmuStoreResult emu_store_abort (EmuStore * store, const gchar * bucket,
    const gchar * key, const gchar * upload_id);
/* By number; NULL if the upload is not there. (transfer full)
 * (element-type EmuPart) */
GPtrArray *emu_store_list_parts (EmuStore * store, const gchar * bucket,
    const gchar * key, const gchar * upload_id);
/* By key and id. (transfer full) (element-type EmuUpload) */
GPtrArray *emu_store_list_uploads (EmuStore * store, const gchar * bucket);
guint emu_store_count_uploads (EmuStore * store);

/* (transfer full) (nullable) */
EmuObject *emu_store_find (EmuStore * store, const gchar * bucket,
    const gchar * key);
void emu_store_delete (EmuStore * store, const gchar * bucket,
    const gchar * key);
