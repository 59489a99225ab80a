/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Objects, multipart uploads and their parts.
 *
 * Runs on: any thread.
 * Protected by: lock. No other lock is taken while it is held, and nothing
 * long is done: while parts are put together, the object's name is in `busy`,
 * and who wants that object waits.
 * Owns: the files. Parts are in DIR/.parts-XXXXXX until they become an object.
 *
 * What was in the directory before is not known to be an object. */

#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "checksum.h"
#include "files.h"
#include "text.h"

#define FILE_NAME_MAX 200

struct _EmuStore
{
  gchar *directory;
  gchar *parts_directory;
  gboolean temporary;
  gboolean discard;
  gboolean with_md5;

  GMutex lock;                  /* protects the rest */
  GCond changed;                /* of busy */
  guint last_file;
  GHashTable *objects;          /* "bucket/key" to EmuObject */
  GHashTable *uploads;          /* upload id to Upload */
  GHashTable *busy;             /* set of "bucket/key" */
};

typedef struct
{
  EmuPart info;
  guint64 crc64;
  gchar *path;                  /* (nullable) */
} Part;

typedef struct
{
  gchar *name;                  /* "bucket/key" */
  gchar *content_type;
  gint64 initiated_us;
  GTree *parts;                 /* number to Part */
} Upload;

static void
part_free (gpointer data)
{
  Part *part = data;

  if (part->path)
    g_unlink (part->path);
  g_free (part->path);
  g_free (part->info.etag);
  g_free (part);
}

static gint
compare_numbers (gconstpointer a, gconstpointer b, gpointer user_data)
{
  return GPOINTER_TO_INT (a) - GPOINTER_TO_INT (b);
}

static void
upload_free (gpointer data)
{
  Upload *upload = data;

  g_free (upload->name);
  g_free (upload->content_type);
  g_tree_unref (upload->parts);
  g_free (upload);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Upload, upload_free)

void
emu_object_free (EmuObject * object)
{
  g_free (object->path);
  g_free (object->content_type);
  g_free (object->etag);
  g_free (object);
}

static EmuObject *
object_copy (const EmuObject * object)
{
  EmuObject *copy = g_memdup2 (object, sizeof *object);

  copy->path = g_strdup (object->path);
  copy->content_type = g_strdup (object->content_type);
  copy->etag = g_strdup (object->etag);
  return copy;
}

/* Directories */

static gboolean
make_directories (EmuStore * store, const gchar * directory, GError ** error)
{
  g_autofree gchar *template = NULL;

  if (directory) {
    if (g_mkdir_with_parents (directory, 0777) < 0)
      return emu_set_errno (error, directory);
    store->directory = g_canonicalize_filename (directory, NULL);
  } else {
    store->directory = g_dir_make_tmp ("ice-emulator-XXXXXX", error);
    if (!store->directory)
      return FALSE;
    store->temporary = TRUE;
  }
  template = g_build_filename (store->directory, ".parts-XXXXXX", NULL);
  if (!g_mkdtemp (template))
    return emu_set_errno (error, template);
  store->parts_directory = g_steal_pointer (&template);
  return TRUE;
}

EmuStore *
emu_store_new (const gchar * directory, gboolean discard, gboolean with_md5,
    GError ** error)
{
  EmuStore *store = g_new0 (EmuStore, 1);

  g_mutex_init (&store->lock);
  g_cond_init (&store->changed);
  store->discard = discard;
  store->with_md5 = with_md5;
  store->objects = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      (GDestroyNotify) emu_object_free);
  store->uploads = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      upload_free);
  store->busy = g_hash_table_new (g_str_hash, g_str_equal);
  if (!make_directories (store, directory, error))
    g_clear_pointer (&store, emu_store_free);
  return store;
}

void
emu_store_free (EmuStore * store)
{
  g_hash_table_unref (store->uploads);
  g_hash_table_unref (store->objects);
  g_hash_table_unref (store->busy);
  if (store->parts_directory)
    emu_tree_remove (store->parts_directory);
  if (store->temporary)
    emu_tree_remove (store->directory);
  g_free (store->parts_directory);
  g_free (store->directory);
  g_cond_clear (&store->changed);
  g_mutex_clear (&store->lock);
  g_free (store);
}

const gchar *
emu_store_get_directory (EmuStore * store)
{
  return store->directory;
}

static gchar *
new_file_name (EmuStore * store)
{
  guint number;
  g_autofree gchar *name = NULL;

  g_mutex_lock (&store->lock);
  number = ++store->last_file;
  g_mutex_unlock (&store->lock);
  name = g_strdup_printf ("%u", number);
  return g_build_filename (store->parts_directory, name, NULL);
}

EmuBlob *
emu_store_new_blob (EmuStore * store, GError ** error)
{
  g_autofree gchar *path = store->discard ? NULL : new_file_name (store);

  return emu_blob_new (path, store->with_md5, error);
}

/* Objects */

static gchar *
make_name (const gchar * bucket, const gchar * key)
{
  return g_strconcat (bucket, "/", key, NULL);
}

/* Whether BUCKET/KEY can be a path below the directory. */
static gboolean
is_plain_name (const gchar * name)
{
  g_auto (GStrv) segments = g_strsplit (name, "/", -1);
  gchar **segment;

  if (strlen (name) > PATH_MAX / 2)
    return FALSE;
  for (segment = segments; *segment; segment++) {
    if (**segment == '\0' || **segment == '.'
        || strlen (*segment) > FILE_NAME_MAX)
      return FALSE;
  }
  return TRUE;
}

static gchar *
make_object_path (EmuStore * store, const gchar * name)
{
  g_autofree gchar *hash = NULL;
  g_autofree gchar *directory = NULL;
  g_autofree gchar *path = g_build_filename (store->directory, name, NULL);

  directory = g_path_get_dirname (path);
  if (is_plain_name (name) && g_mkdir_with_parents (directory, 0777) == 0
      && !g_file_test (path, G_FILE_TEST_IS_DIR))
    return g_steal_pointer (&path);

  hash = emu_sha256_hex (name, strlen (name));
  return g_strdup_printf ("%s/.object-%s", store->directory, hash);
}

/* Call with the lock held. */
static void
wait_until_idle (EmuStore * store, const gchar * name)
{
  while (g_hash_table_contains (store->busy, name))
    g_cond_wait (&store->changed, &store->lock);
}

/* Call with the lock held. @object: (transfer full). @temporary_path: its
 * bytes, or NULL. */
static gboolean
publish (EmuStore * store, const gchar * name, EmuObject * object,
    const gchar * temporary_path)
{
  if (temporary_path) {
    object->path = make_object_path (store, name);
    if (g_rename (temporary_path, object->path) < 0) {
      emu_object_free (object);
      return FALSE;
    }
  }
  g_hash_table_insert (store->objects, g_strdup (name), object);
  return TRUE;
}

EmuStoreResult
emu_store_put (EmuStore * store, const gchar * bucket, const gchar * key,
    const gchar * content_type, EmuBlob * blob, gint64 now_us)
{
  g_autofree gchar *name = make_name (bucket, key);
  g_autofree gchar *path = emu_blob_take_path (blob);
  EmuObject *object = g_new0 (EmuObject, 1);
  gboolean ok;

  object->content_type = g_strdup (content_type);
  object->etag = g_strdup (emu_blob_get_etag (blob));
  object->size = emu_blob_get_size (blob);
  object->crc64 = emu_blob_get_crc64 (blob);
  object->modified_us = now_us;

  g_mutex_lock (&store->lock);
  wait_until_idle (store, name);
  ok = publish (store, name, object, path);
  g_mutex_unlock (&store->lock);
  return ok ? EMU_STORE_OK : EMU_STORE_FAILED;
}

EmuObject *
emu_store_find (EmuStore * store, const gchar * bucket, const gchar * key)
{
  g_autofree gchar *name = make_name (bucket, key);
  EmuObject *object;

  g_mutex_lock (&store->lock);
  wait_until_idle (store, name);
  object = g_hash_table_lookup (store->objects, name);
  if (object)
    object = object_copy (object);
  g_mutex_unlock (&store->lock);
  return object;
}

void
emu_store_delete (EmuStore * store, const gchar * bucket, const gchar * key)
{
  g_autofree gchar *name = make_name (bucket, key);
  EmuObject *object;

  g_mutex_lock (&store->lock);
  wait_until_idle (store, name);
  object = g_hash_table_lookup (store->objects, name);
  if (object && object->path)
    g_unlink (object->path);
  g_hash_table_remove (store->objects, name);
  g_mutex_unlock (&store->lock);
}

/* Multipart uploads */

gchar *
emu_store_initiate (EmuStore * store, const gchar * bucket, const gchar * key,
    const gchar * content_type, gint64 now_us)
{
  Upload *upload = g_new0 (Upload, 1);
  gchar *id = emu_random_text (EMU_HEX_DIGITS, 32);

  upload->name = make_name (bucket, key);
  upload->content_type = g_strdup (content_type);
  upload->initiated_us = now_us;
  upload->parts = g_tree_new_full (compare_numbers, NULL, NULL, part_free);

  g_mutex_lock (&store->lock);
  g_hash_table_insert (store->uploads, g_strdup (id), upload);
  g_mutex_unlock (&store->lock);
  return id;
}

/* Call with the lock held. */
static Upload *
find_upload (EmuStore * store, const gchar * name, const gchar * upload_id)
{
  Upload *upload = g_hash_table_lookup (store->uploads, upload_id);

  return upload && g_str_equal (upload->name, name) ? upload : NULL;
}

gboolean
emu_store_has_upload (EmuStore * store, const gchar * bucket,
    const gchar * key, const gchar * upload_id)
{
  g_autofree gchar *name = make_name (bucket, key);
  gboolean found;

  g_mutex_lock (&store->lock);
  found = find_upload (store, name, upload_id) != NULL;
  g_mutex_unlock (&store->lock);
  return found;
}

/* Takes the file out of the blob. */
static Part *
part_from_blob (EmuBlob * blob, guint number, gint64 now_us)
{
  Part *part = g_new0 (Part, 1);

  part->info.number = number;
  part->info.etag = g_strdup (emu_blob_get_etag (blob));
  part->info.size = emu_blob_get_size (blob);
  part->info.modified_us = now_us;
  part->crc64 = emu_blob_get_crc64 (blob);
  part->path = emu_blob_take_path (blob);
  return part;
}

EmuStoreResult
emu_store_put_part (EmuStore * store, const gchar * bucket, const gchar * key,
    const gchar * upload_id, guint number, EmuBlob * blob, gint64 now_us)
{
  g_autofree gchar *name = make_name (bucket, key);
  Upload *upload;

  g_mutex_lock (&store->lock);
  upload = find_upload (store, name, upload_id);
  if (upload)
    g_tree_insert (upload->parts, GINT_TO_POINTER (number),
        part_from_blob (blob, number, now_us));
  g_mutex_unlock (&store->lock);
  return upload ? EMU_STORE_OK : EMU_STORE_NO_SUCH_UPLOAD;
}

EmuStoreResult
emu_store_abort (EmuStore * store, const gchar * bucket, const gchar * key,
    const gchar * upload_id)
{
  g_autofree gchar *name = make_name (bucket, key);
  gboolean found;

  g_mutex_lock (&store->lock);
  found = find_upload (store, name, upload_id) != NULL;
  if (found)
    g_hash_table_remove (store->uploads, upload_id);
  g_mutex_unlock (&store->lock);
  return found ? EMU_STORE_OK : EMU_STORE_NO_SUCH_UPLOAD;
}

static void
list_part_free (gpointer data)
{
  EmuPart *part = data;

  g_free (part->etag);
  g_free (part);
}

static gboolean
add_list_part (gpointer key, gpointer value, gpointer list)
{
  Part *part = value;
  EmuPart *copy = g_memdup2 (&part->info, sizeof part->info);

  copy->etag = g_strdup (part->info.etag);
  g_ptr_array_add (list, copy);
  return FALSE;
}

GPtrArray *
emu_store_list_parts (EmuStore * store, const gchar * bucket,
    const gchar * key, const gchar * upload_id)
{
  g_autofree gchar *name = make_name (bucket, key);
  GPtrArray *list = NULL;
  Upload *upload;

  g_mutex_lock (&store->lock);
  upload = find_upload (store, name, upload_id);
  if (upload) {
    list = g_ptr_array_new_with_free_func (list_part_free);
    g_tree_foreach (upload->parts, add_list_part, list);
  }
  g_mutex_unlock (&store->lock);
  return list;
}

static void
list_upload_free (gpointer data)
{
  EmuUpload *upload = data;

  g_free (upload->id);
  g_free (upload->key);
  g_free (upload);
}

static gint
compare_uploads (gconstpointer a, gconstpointer b)
{
  const EmuUpload *upload_a = *(EmuUpload * const *) a;
  const EmuUpload *upload_b = *(EmuUpload * const *) b;
  gint order = strcmp (upload_a->key, upload_b->key);

  return order ? order : strcmp (upload_a->id, upload_b->id);
}

GPtrArray *
emu_store_list_uploads (EmuStore * store, const gchar * bucket)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (list_upload_free);
  g_autofree gchar *prefix = make_name (bucket, "");
  GHashTableIter iter;
  gpointer id, value;

  g_mutex_lock (&store->lock);
  g_hash_table_iter_init (&iter, store->uploads);
  while (g_hash_table_iter_next (&iter, &id, &value)) {
    Upload *upload = value;
    EmuUpload *copy;

    if (!g_str_has_prefix (upload->name, prefix))
      continue;
    copy = g_new0 (EmuUpload, 1);
    copy->id = g_strdup (id);
    copy->key = g_strdup (upload->name + strlen (prefix));
    copy->initiated_us = upload->initiated_us;
    g_ptr_array_add (list, copy);
  }
  g_mutex_unlock (&store->lock);
  g_ptr_array_sort (list, compare_uploads);
  return list;
}

guint
emu_store_count_uploads (EmuStore * store)
{
  guint count;

  g_mutex_lock (&store->lock);
  count = g_hash_table_size (store->uploads);
  g_mutex_unlock (&store->lock);
  return count;
}

/* CompleteMultipartUpload */

static gboolean
etag_matches (const gchar * given, const gchar * quoted)
{
  gsize len = strlen (quoted) - 2;

  if (g_str_equal (given, quoted))
    return TRUE;
  return strlen (given) == len && strncmp (given, quoted + 1, len) == 0;
}

static gboolean
add_part (gpointer key, gpointer value, gpointer parts)
{
  g_ptr_array_add (parts, value);
  return FALSE;
}

/* The parts that @names names, or all. Call with the lock held. */
static EmuStoreResult
choose_parts (Upload * upload, GPtrArray * names, GPtrArray * parts)
{
  guint last = 0;
  guint i;

  if (!names) {
    g_tree_foreach (upload->parts, add_part, parts);
    return EMU_STORE_OK;
  }
  for (i = 0; i < names->len; i++) {
    EmuPartName *name = g_ptr_array_index (names, i);
    Part *part;

    if (name->number <= last)
      return EMU_STORE_INVALID_PART_ORDER;
    last = name->number;
    part = g_tree_lookup (upload->parts, GINT_TO_POINTER (last));
    if (!part || !etag_matches (name->etag, part->info.etag))
      return EMU_STORE_INVALID_PART;
    g_ptr_array_add (parts, part);
  }
  return EMU_STORE_OK;
}

static EmuStoreResult
check_sizes (GPtrArray * parts)
{
  guint i;

  if (parts->len == 0)
    return EMU_STORE_NO_PARTS;
  for (i = 0; i + 1 < parts->len; i++) {
    Part *part = g_ptr_array_index (parts, i);

    if (part->info.size < EMU_PART_SIZE_MIN)
      return EMU_STORE_TOO_SMALL;
  }
  return EMU_STORE_OK;
}

/* Takes the upload out of the table, so that nothing can change it while its
 * parts are put together. @parts: (element-type Part), owned by the upload. */
static EmuStoreResult
take_upload (EmuStore * store, const gchar * name, const gchar * upload_id,
    GPtrArray * names, GPtrArray * parts, Upload ** taken)
{
  EmuStoreResult result = EMU_STORE_NO_SUCH_UPLOAD;
  g_autofree gchar *id = NULL;
  Upload *upload;

  g_mutex_lock (&store->lock);
  wait_until_idle (store, name);
  upload = find_upload (store, name, upload_id);
  if (upload)
    result = choose_parts (upload, names, parts);
  if (result == EMU_STORE_OK)
    result = check_sizes (parts);
  if (result == EMU_STORE_OK) {
    g_hash_table_steal_extended (store->uploads, upload_id, (gpointer *) & id,
        (gpointer *) taken);
    g_hash_table_add (store->busy, upload->name);
  }
  g_mutex_unlock (&store->lock);
  return result;
}

/* All parts after the first are appended to its file. */
static gboolean
join_files (GPtrArray * parts, GError ** error)
{
  Part *first = g_ptr_array_index (parts, 0);
  gboolean ok = TRUE;
  gint fd;
  guint i;

  if (!first->path)
    return TRUE;
  fd = g_open (first->path, O_WRONLY | O_CLOEXEC, 0);
  if (fd < 0 || lseek (fd, 0, SEEK_END) < 0)
    return emu_set_errno (error, first->path);
  for (i = 1; i < parts->len && ok; i++) {
    Part *part = g_ptr_array_index (parts, i);

    ok = emu_file_append (fd, part->path, error);
  }
  return g_close (fd, ok ? error : NULL) && ok;
}

static EmuObject *
make_object (Upload * upload, GPtrArray * parts, gint64 now_us)
{
  EmuObject *object = g_new0 (EmuObject, 1);
  g_autoptr (GString) etags = g_string_new (NULL);
  g_autofree gchar *lower = NULL;
  g_autofree gchar *upper = NULL;
  guint i;

  for (i = 0; i < parts->len; i++) {
    Part *part = g_ptr_array_index (parts, i);

    object->size += part->info.size;
    object->crc64 = emu_crc64_combine (object->crc64, part->crc64,
        part->info.size);
    g_string_append (etags, part->info.etag);
  }
  lower = emu_sha256_hex (etags->str, etags->len);
  upper = g_ascii_strup (lower, 32);
  object->etag = g_strdup_printf ("\"%s-%u\"", upper, parts->len);
  object->content_type = g_strdup (upload->content_type);
  object->modified_us = now_us;
  object->multipart = TRUE;
  return object;
}

/* The upload is gone in any case. */
static EmuStoreResult
join_parts (EmuStore * store, Upload * upload, GPtrArray * parts,
    gint64 now_us, EmuObject ** object)
{
  g_autoptr (GError) error = NULL;
  Part *first = g_ptr_array_index (parts, 0);
  EmuObject *made = make_object (upload, parts, now_us);
  gboolean ok;

  *object = object_copy (made);
  ok = join_files (parts, &error);
  if (!ok) {
    g_warning ("Cannot put parts together: %s", error->message);
    emu_object_free (made);
  }

  g_mutex_lock (&store->lock);
  if (ok)
    ok = publish (store, upload->name, made, first->path);
  g_hash_table_remove (store->busy, upload->name);
  g_cond_broadcast (&store->changed);
  g_mutex_unlock (&store->lock);

  if (!ok)
    g_clear_pointer (object, emu_object_free);
  return ok ? EMU_STORE_OK : EMU_STORE_FAILED;
}

EmuStoreResult
emu_store_complete (EmuStore * store, const gchar * bucket, const gchar * key,
    const gchar * upload_id, GPtrArray * names, gint64 now_us,
    EmuObject ** object)
{
  g_autofree gchar *name = make_name (bucket, key);
  g_autoptr (GPtrArray) parts = g_ptr_array_new ();
  g_autoptr (Upload) upload = NULL;
  EmuStoreResult result;

  result = take_upload (store, name, upload_id, names, parts, &upload);
  if (result != EMU_STORE_OK)
    return result;
  return join_parts (store, upload, parts, now_us, object);
}
