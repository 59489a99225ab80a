/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* ICE and OSS on a loopback port: starting, stopping, and the public calls.
 *
 * Threads: one accepts, and each connection has one of its own, blocking.
 * That is simple, lets a fault stop one connection and no other, and holds for
 * the thousand connections that tests make. The accepting thread joins those
 * that have ended.
 *
 * Protected by: lock and control, what is said below. lock is taken inside of
 * control and never held while a thread is joined. The services have locks of
 * their own, which are not taken while lock is held. */

#include "emulator.h"

#include <string.h>
#include <sys/socket.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "certificate.h"
#include "connection.h"
#include "emulator-private.h"
#include "nonces.h"

#define CONNECTIONS_MAX 4096
#define BACKLOG 1024
#define N_FILLERS 4
#define ACCEPT_POLL_US (200 * 1000)
/* With --rate: what the kernel may take ahead of it. On loopback it lets the
 * sender go on only when half of it is free; a quarter of a second's worth
 * makes that look like a slow link and not like a series of stalls. */
#define MAX_RATE_BUFFER_SIZE (32 * 1024)
#define MIN_RATE_BUFFER_SIZE (2 * 1024)

typedef struct
{
  IceEmulator *emulator;        /* (unowned) */
  EmuWire *wire;
  GThread *thread;
  guint serial;
} Connection;

struct _IceEmulator
{
  EmuServices services;
  GTlsCertificate *certificate; /* (nullable) */
  gchar *ca_file;               /* (nullable) */
  gchar *uri;

  GMutex control;               /* protects these; the acceptor reads them */
  GSocket *reservation;         /* of the port, for good */
  GSocket *listener;            /* (nullable): at first; closed while off */
  GPtrArray *fillers;           /* (element-type GSocket): while silent */
  GSocketAddress *address;      /* with the port, once it is known */
  GThread *acceptor;            /* (nullable): while off */
  GCancellable *stop;           /* of the acceptor */

  GMutex lock;                  /* protects these */
  GCond changed;                /* of connections */
  guint accepted;
  GHashTable *connections;      /* set of Connection */
  GQueue ended;                 /* Connections to be joined */
};

/* Connections */

static gpointer
connection_thread (gpointer data)
{
  Connection *connection = data;
  IceEmulator *emulator = connection->emulator;

  emu_connection_run (&emulator->services, connection->wire,
      connection->serial);
  g_mutex_lock (&emulator->lock);
  g_hash_table_remove (emulator->connections, connection);
  g_queue_push_tail (&emulator->ended, connection);
  g_cond_signal (&emulator->changed);
  g_mutex_unlock (&emulator->lock);
  return NULL;
}

static void
join_ended (IceEmulator * emulator)
{
  for (;;) {
    Connection *connection;

    g_mutex_lock (&emulator->lock);
    connection = g_queue_pop_head (&emulator->ended);
    g_mutex_unlock (&emulator->lock);
    if (!connection)
      return;
    g_thread_join (connection->thread);
    emu_wire_free (connection->wire);
    g_free (connection);
  }
}

/* While none is added. */
static void
close_connections (IceEmulator * emulator)
{
  GHashTableIter iter;
  gpointer connection;

  g_mutex_lock (&emulator->lock);
  g_hash_table_iter_init (&iter, emulator->connections);
  while (g_hash_table_iter_next (&iter, &connection, NULL))
    emu_wire_shutdown (((Connection *) connection)->wire);
  while (g_hash_table_size (emulator->connections) > 0)
    g_cond_wait (&emulator->changed, &emulator->lock);
  g_mutex_unlock (&emulator->lock);
  join_ended (emulator);
}

static void
add_connection (IceEmulator * emulator, GSocket * socket)
{
  Connection *connection = g_new0 (Connection, 1);

  connection->emulator = emulator;
  connection->wire = emu_wire_new (socket, emulator->certificate);
  g_mutex_lock (&emulator->lock);
  connection->serial = ++emulator->accepted;
  g_hash_table_add (emulator->connections, connection);
  connection->thread = g_thread_new ("ice-emulator", connection_thread,
      connection);
  g_mutex_unlock (&emulator->lock);
}

static gboolean
has_room (IceEmulator * emulator)
{
  gboolean room;

  g_mutex_lock (&emulator->lock);
  room = g_hash_table_size (emulator->connections) < CONNECTIONS_MAX;
  g_mutex_unlock (&emulator->lock);
  return room;
}

static gpointer
acceptor_thread (gpointer data)
{
  IceEmulator *emulator = data;

  while (!g_cancellable_is_cancelled (emulator->stop)) {
    g_autoptr (GSocket) socket = NULL;

    /* with a time limit, so that ended threads are joined now and then */
    if (g_socket_condition_timed_wait (emulator->listener, G_IO_IN,
            ACCEPT_POLL_US, emulator->stop, NULL))
      socket = g_socket_accept (emulator->listener, emulator->stop, NULL);
    join_ended (emulator);
    if (socket && has_room (emulator))
      add_connection (emulator, socket);
  }
  return NULL;
}

/* Listening */

static GSocket *
make_socket (GSocketAddress * address, GError ** error)
{
  return g_socket_new (g_socket_address_get_family (address),
      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);
}

static gboolean
share_port (GSocket * socket, GError ** error)
{
  return g_socket_set_option (socket, SOL_SOCKET, SO_REUSEPORT, 1, error);
}

/* A socket that is bound and never listens keeps the port for this process
 * while connections to it are refused. It shares only what it has already got:
 * an address that somebody else listens at is an error. */
static gboolean
reserve_address (IceEmulator * emulator, GSocketAddress * wanted,
    GError ** error)
{
  emulator->reservation = make_socket (wanted, error);
  if (!emulator->reservation
      || !g_socket_bind (emulator->reservation, wanted, TRUE, error)
      || !share_port (emulator->reservation, error))
    return FALSE;
  emulator->address = g_socket_get_local_address (emulator->reservation,
      error);
  return emulator->address != NULL;
}

static gboolean
bind_listener (IceEmulator * emulator, GError ** error)
{
  emulator->listener = make_socket (emulator->address, error);
  return emulator->listener && share_port (emulator->listener, error)
      && g_socket_bind (emulator->listener, emulator->address, TRUE, error);
}

/* Call with control held. */
static gboolean
start_accepting (IceEmulator * emulator, GError ** error)
{
  g_ptr_array_set_size (emulator->fillers, 0);
  g_clear_object (&emulator->listener);
  if (!bind_listener (emulator, error))
    return FALSE;
  if (emulator->services.options->rate > 0)
    g_socket_set_option (emulator->listener, SOL_SOCKET, SO_RCVBUF,
        CLAMP (emulator->services.options->rate / 4, MIN_RATE_BUFFER_SIZE,
            MAX_RATE_BUFFER_SIZE), NULL);
  if (emulator->services.options->segment_size > 0)
    g_socket_set_option (emulator->listener, IPPROTO_TCP, TCP_MAXSEG,
        emulator->services.options->segment_size, NULL);
  g_socket_set_listen_backlog (emulator->listener, BACKLOG);
  if (!g_socket_listen (emulator->listener, error))
    return FALSE;
  g_clear_object (&emulator->stop);
  emulator->stop = g_cancellable_new ();
  emulator->acceptor = g_thread_new ("ice-emulator", acceptor_thread, emulator);
  return TRUE;
}

/* Call with control held. */
static void
stop_accepting (IceEmulator * emulator)
{
  g_cancellable_cancel (emulator->stop);
  g_clear_pointer (&emulator->acceptor, g_thread_join);
  g_socket_close (emulator->listener, NULL);
  close_connections (emulator);
}

/* Call with control held, while off. A listener whose queue is full: connecting
 * to it gets no answer. */
static gboolean
listen_in_silence (IceEmulator * emulator, GError ** error)
{
  guint i;

  g_clear_object (&emulator->listener);
  if (!bind_listener (emulator, error))
    return FALSE;
  g_socket_set_listen_backlog (emulator->listener, 0);
  if (!g_socket_listen (emulator->listener, error))
    return FALSE;
  for (i = 0; i < N_FILLERS; i++) {
    GSocket *filler = make_socket (emulator->address, error);

    if (!filler)
      return FALSE;
    g_ptr_array_add (emulator->fillers, filler);
    g_socket_set_blocking (filler, FALSE);
    g_socket_connect (filler, emulator->address, NULL, NULL);
  }
  return TRUE;
}

static gchar *
make_uri (IceEmulator * emulator, guint port)
{
  const EmuOptions *options = emulator->services.options;
  const gchar *scheme = options->tls ? "https" : "http";

  if (strchr (options->address, ':'))
    return g_strdup_printf ("%s://[%s]:%u", scheme, options->address, port);
  return g_strdup_printf ("%s://%s:%u", scheme, options->address, port);
}

static gboolean
bind_first (IceEmulator * emulator, GError ** error)
{
  const EmuOptions *options = emulator->services.options;
  g_autoptr (GSocketAddress) wanted = NULL;
  guint port;

  wanted = g_inet_socket_address_new_from_string (options->address,
      options->port);
  if (!wanted) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "“%s” is not an IP address", options->address);
    return FALSE;
  }
  if (!reserve_address (emulator, wanted, error))
    return FALSE;
  port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS
      (emulator->address));
  emulator->uri = make_uri (emulator, port);
  emu_lease_issuer_set_address (emulator->services.issuer, emulator->uri, port);
  return TRUE;
}

static gboolean
make_certificate (IceEmulator * emulator, GError ** error)
{
  const EmuOptions *options = emulator->services.options;

  if (!options->tls)
    return TRUE;
  emulator->ca_file = options->ca_file ? g_strdup (options->ca_file)
      : g_build_filename (emu_store_get_directory (emulator->services.store),
      ".ca.pem", NULL);
  emulator->certificate = emu_certificate_new (emulator->ca_file, error);
  return emulator->certificate != NULL;
}

/* Making and freeing */

static gboolean
make_faults (EmuServices * services, GError ** error)
{
  gchar **fault = services->options->faults;

  services->faults = emu_fault_script_new (services->options->seed);
  for (; fault && *fault; fault++) {
    if (!emu_fault_script_add (services->faults, *fault, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
make_services (EmuServices * services, const gchar * const *argv,
    GError ** error)
{
  const EmuOptions *options;

  services->options = emu_options_parse (argv, error);
  if (!services->options || !make_faults (services, error))
    return FALSE;
  options = services->options;
  services->assets = emu_assets_new (options);
  services->nonces = emu_nonces_new ();
  services->secrets = emu_secrets_new ();
  emu_secrets_add (services->secrets, options->access_key_secret);
  emu_secrets_add (services->secrets, options->security_token);
  services->sessions = emu_sessions_new (options, services->secrets);
  services->issuer = emu_lease_issuer_new (options, services->secrets);
  services->records = emu_records_new (options->log, error);
  if (!services->records)
    return FALSE;
  services->store = emu_store_new (options->directory, options->discard,
      !options->no_md5, error);
  services->started_us = emu_clock_now (&services->clock);
  return services->store != NULL;
}

static void
clear_services (EmuServices * services)
{
  g_clear_pointer (&services->store, emu_store_free);
  g_clear_pointer (&services->records, emu_records_free);
  g_clear_pointer (&services->issuer, emu_lease_issuer_free);
  g_clear_pointer (&services->sessions, emu_sessions_free);
  g_clear_pointer (&services->secrets, emu_secrets_free);
  g_clear_pointer (&services->nonces, emu_nonces_free);
  g_clear_pointer (&services->assets, emu_assets_free);
  g_clear_pointer (&services->faults, emu_fault_script_free);
  g_clear_pointer (&services->options, emu_options_free);
  emu_clock_clear (&services->clock);
}

IceEmulator *
ice_emulator_new (const gchar * const *argv, GError ** error)
{
  g_autoptr (IceEmulator) emulator = g_new0 (IceEmulator, 1);

  emu_clock_init (&emulator->services.clock);
  g_mutex_init (&emulator->control);
  g_mutex_init (&emulator->lock);
  g_cond_init (&emulator->changed);
  emulator->connections = g_hash_table_new (NULL, NULL);
  g_queue_init (&emulator->ended);
  emulator->fillers = g_ptr_array_new_with_free_func (g_object_unref);
  if (!make_services (&emulator->services, argv, error)
      || !make_certificate (emulator, error)
      || !bind_first (emulator, error))
    return NULL;
  return g_steal_pointer (&emulator);
}

gboolean
ice_emulator_start (IceEmulator * emulator, GError ** error)
{
  return ice_emulator_set_reachable (emulator, TRUE, error);
}

IceEmulator *
ice_emulator_new_started (const gchar * options)
{
  g_auto (GStrv) argv = NULL;
  g_autoptr (GError) error = NULL;
  IceEmulator *emulator;

  if (options != NULL && *options != '\0')
    g_shell_parse_argv (options, NULL, &argv, &error);
  g_assert_no_error (error);
  emulator = ice_emulator_new ((const gchar * const *) argv, &error);
  g_assert_no_error (error);
  ice_emulator_start (emulator, &error);
  g_assert_no_error (error);

  return emulator;
}

/* A CA that nobody asked for by name is of no use any more. */
static void
forget_authority (IceEmulator * emulator)
{
  if (emulator->ca_file && !emulator->services.options->ca_file)
    g_unlink (emulator->ca_file);
  g_free (emulator->ca_file);
}

void
ice_emulator_free (IceEmulator * emulator)
{
  if (emulator->acceptor)
    stop_accepting (emulator);
  g_ptr_array_unref (emulator->fillers);
  g_clear_object (&emulator->listener);
  g_clear_object (&emulator->reservation);
  g_clear_object (&emulator->address);
  g_clear_object (&emulator->stop);
  g_clear_object (&emulator->certificate);
  g_hash_table_unref (emulator->connections);
  forget_authority (emulator);
  clear_services (&emulator->services);
  g_free (emulator->uri);
  g_cond_clear (&emulator->changed);
  g_mutex_clear (&emulator->lock);
  g_mutex_clear (&emulator->control);
  g_free (emulator);
}

gboolean
ice_emulator_set_reachable (IceEmulator * emulator, gboolean reachable,
    GError ** error)
{
  gboolean ok = TRUE;

  g_mutex_lock (&emulator->control);
  if (reachable && !emulator->acceptor)
    ok = start_accepting (emulator, error);
  else if (!reachable && emulator->acceptor)
    stop_accepting (emulator);
  g_mutex_unlock (&emulator->control);
  return ok;
}

gboolean
ice_emulator_set_silent (IceEmulator * emulator, GError ** error)
{
  gboolean ok;

  g_mutex_lock (&emulator->control);
  if (emulator->acceptor)
    stop_accepting (emulator);
  ok = listen_in_silence (emulator, error);
  g_mutex_unlock (&emulator->control);
  return ok;
}

/* What the program and tests ask for */

const gchar *
emu_emulator_get_directory (IceEmulator * emulator)
{
  return emu_store_get_directory (emulator->services.store);
}

gboolean
emu_emulator_is_quiet (IceEmulator * emulator)
{
  return emulator->services.options->quiet;
}

const gchar *
ice_emulator_get_uri (IceEmulator * emulator)
{
  return emulator->uri;
}

const gchar *
ice_emulator_get_ca_file (IceEmulator * emulator)
{
  return emulator->ca_file;
}

gboolean
ice_emulator_add_fault (IceEmulator * emulator, const gchar * fault,
    GError ** error)
{
  return emu_fault_script_add (emulator->services.faults, fault, error);
}

void
ice_emulator_clear_faults (IceEmulator * emulator)
{
  emu_fault_script_clear (emulator->services.faults);
}

void
ice_emulator_set_credential_life (IceEmulator * emulator, guint64 life_ms)
{
  emu_lease_issuer_set_life (emulator->services.issuer, life_ms);
}

void
ice_emulator_expire_credentials (IceEmulator * emulator)
{
  emu_lease_issuer_expire_all (emulator->services.issuer);
}

void
ice_emulator_set_clock (IceEmulator * emulator, IceEmulatorClockFunc func,
    gpointer user_data)
{
  emu_clock_set (&emulator->services.clock, func, user_data);
}

GPtrArray *
ice_emulator_get_records (IceEmulator * emulator)
{
  return emu_records_copy (emulator->services.records);
}

guint
ice_emulator_count (IceEmulator * emulator, IceEmulatorOperation operation,
    guint status)
{
  return emu_records_count (emulator->services.records, operation, status);
}

guint
ice_emulator_get_generation (IceEmulator * emulator)
{
  return emu_lease_issuer_get_generation (emulator->services.issuer);
}

/* The newest of the objects that leases for @media_id named. */
static EmuObject *
find_object (IceEmulator * emulator, const gchar * media_id)
{
  EmuServices *services = &emulator->services;
  g_auto (GStrv) keys = NULL;
  gchar **key;

  keys = emu_lease_issuer_get_keys (services->issuer, media_id);
  for (key = keys; *key; key++) {
    EmuObject *object = emu_store_find (services->store,
        services->options->bucket, *key);

    if (object)
      return object;
  }
  return NULL;
}

gchar *
ice_emulator_get_object_path (IceEmulator * emulator, const gchar * media_id)
{
  g_autoptr (EmuObject) object = find_object (emulator, media_id);

  return object ? g_strdup (object->path) : NULL;
}

gboolean
ice_emulator_get_object_info (IceEmulator * emulator, const gchar * media_id,
    gchar ** content_type, guint64 * size, guint64 * crc64)
{
  g_autoptr (EmuObject) object = find_object (emulator, media_id);

  if (!object)
    return FALSE;
  if (content_type)
    *content_type = g_strdup (object->content_type);
  if (size)
    *size = object->size;
  if (crc64)
    *crc64 = object->crc64;
  return TRUE;
}

guint
ice_emulator_count_open_uploads (IceEmulator * emulator)
{
  return emu_store_count_uploads (emulator->services.store);
}

guint64
ice_emulator_get_body_bytes (IceEmulator * emulator)
{
  return g_atomic_pointer_add (&emulator->services.body_bytes, 0);
}

gchar **
ice_emulator_get_secrets (IceEmulator * emulator)
{
  return emu_secrets_copy (emulator->services.secrets);
}
