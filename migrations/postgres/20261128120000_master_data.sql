-- Master data are kept in pages: who changed a row and when, how often (a form that was opened before is refused), and the guards of
-- what hangs on a row.

-- The names of the IANA time zone database that the program knows.
CREATE TABLE time_zones (name TEXT PRIMARY KEY NOT NULL);
INSERT INTO time_zones (name) VALUES
    ('Africa/Abidjan'), ('Africa/Accra'), ('Africa/Addis_Ababa'), ('Africa/Algiers'), ('Africa/Asmara'), ('Africa/Asmera'),
    ('Africa/Bamako'), ('Africa/Bangui'), ('Africa/Banjul'), ('Africa/Bissau'), ('Africa/Blantyre'), ('Africa/Brazzaville'),
    ('Africa/Bujumbura'), ('Africa/Cairo'), ('Africa/Casablanca'), ('Africa/Ceuta'), ('Africa/Conakry'), ('Africa/Dakar'),
    ('Africa/Dar_es_Salaam'), ('Africa/Djibouti'), ('Africa/Douala'), ('Africa/El_Aaiun'), ('Africa/Freetown'), ('Africa/Gaborone'),
    ('Africa/Harare'), ('Africa/Johannesburg'), ('Africa/Juba'), ('Africa/Kampala'), ('Africa/Khartoum'), ('Africa/Kigali'),
    ('Africa/Kinshasa'), ('Africa/Lagos'), ('Africa/Libreville'), ('Africa/Lome'), ('Africa/Luanda'), ('Africa/Lubumbashi'),
    ('Africa/Lusaka'), ('Africa/Malabo'), ('Africa/Maputo'), ('Africa/Maseru'), ('Africa/Mbabane'), ('Africa/Mogadishu'),
    ('Africa/Monrovia'), ('Africa/Nairobi'), ('Africa/Ndjamena'), ('Africa/Niamey'), ('Africa/Nouakchott'), ('Africa/Ouagadougou'),
    ('Africa/Porto-Novo'), ('Africa/Sao_Tome'), ('Africa/Timbuktu'), ('Africa/Tripoli'), ('Africa/Tunis'), ('Africa/Windhoek'),
    ('America/Adak'), ('America/Anchorage'), ('America/Anguilla'), ('America/Antigua'), ('America/Araguaina'),
    ('America/Argentina/Buenos_Aires'), ('America/Argentina/Catamarca'), ('America/Argentina/ComodRivadavia'),
    ('America/Argentina/Cordoba'), ('America/Argentina/Jujuy'), ('America/Argentina/La_Rioja'), ('America/Argentina/Mendoza'),
    ('America/Argentina/Rio_Gallegos'), ('America/Argentina/Salta'), ('America/Argentina/San_Juan'), ('America/Argentina/San_Luis'),
    ('America/Argentina/Tucuman'), ('America/Argentina/Ushuaia'), ('America/Aruba'), ('America/Asuncion'), ('America/Atikokan'),
    ('America/Atka'), ('America/Bahia'), ('America/Bahia_Banderas'), ('America/Barbados'), ('America/Belem'), ('America/Belize'),
    ('America/Blanc-Sablon'), ('America/Boa_Vista'), ('America/Bogota'), ('America/Boise'), ('America/Buenos_Aires'),
    ('America/Cambridge_Bay'), ('America/Campo_Grande'), ('America/Cancun'), ('America/Caracas'), ('America/Catamarca'),
    ('America/Cayenne'), ('America/Cayman'), ('America/Chicago'), ('America/Chihuahua'), ('America/Ciudad_Juarez'),
    ('America/Coral_Harbour'), ('America/Cordoba'), ('America/Costa_Rica'), ('America/Coyhaique'), ('America/Creston'),
    ('America/Cuiaba'), ('America/Curacao'), ('America/Danmarkshavn'), ('America/Dawson'), ('America/Dawson_Creek'), ('America/Denver'),
    ('America/Detroit'), ('America/Dominica'), ('America/Edmonton'), ('America/Eirunepe'), ('America/El_Salvador'), ('America/Ensenada'),
    ('America/Fort_Nelson'), ('America/Fort_Wayne'), ('America/Fortaleza'), ('America/Glace_Bay'), ('America/Godthab'),
    ('America/Goose_Bay'), ('America/Grand_Turk'), ('America/Grenada'), ('America/Guadeloupe'), ('America/Guatemala'),
    ('America/Guayaquil'), ('America/Guyana'), ('America/Halifax'), ('America/Havana'), ('America/Hermosillo'),
    ('America/Indiana/Indianapolis'), ('America/Indiana/Knox'), ('America/Indiana/Marengo'), ('America/Indiana/Petersburg'),
    ('America/Indiana/Tell_City'), ('America/Indiana/Vevay'), ('America/Indiana/Vincennes'), ('America/Indiana/Winamac'),
    ('America/Indianapolis'), ('America/Inuvik'), ('America/Iqaluit'), ('America/Jamaica'), ('America/Jujuy'), ('America/Juneau'),
    ('America/Kentucky/Louisville'), ('America/Kentucky/Monticello'), ('America/Knox_IN'), ('America/Kralendijk'), ('America/La_Paz'),
    ('America/Lima'), ('America/Los_Angeles'), ('America/Louisville'), ('America/Lower_Princes'), ('America/Maceio'), ('America/Managua'),
    ('America/Manaus'), ('America/Marigot'), ('America/Martinique'), ('America/Matamoros'), ('America/Mazatlan'), ('America/Mendoza'),
    ('America/Menominee'), ('America/Merida'), ('America/Metlakatla'), ('America/Mexico_City'), ('America/Miquelon'), ('America/Moncton'),
    ('America/Monterrey'), ('America/Montevideo'), ('America/Montreal'), ('America/Montserrat'), ('America/Nassau'), ('America/New_York'),
    ('America/Nipigon'), ('America/Nome'), ('America/Noronha'), ('America/North_Dakota/Beulah'), ('America/North_Dakota/Center'),
    ('America/North_Dakota/New_Salem'), ('America/Nuuk'), ('America/Ojinaga'), ('America/Panama'), ('America/Pangnirtung'),
    ('America/Paramaribo'), ('America/Phoenix'), ('America/Port-au-Prince'), ('America/Port_of_Spain'), ('America/Porto_Acre'),
    ('America/Porto_Velho'), ('America/Puerto_Rico'), ('America/Punta_Arenas'), ('America/Rainy_River'), ('America/Rankin_Inlet'),
    ('America/Recife'), ('America/Regina'), ('America/Resolute'), ('America/Rio_Branco'), ('America/Rosario'), ('America/Santa_Isabel'),
    ('America/Santarem'), ('America/Santiago'), ('America/Santo_Domingo'), ('America/Sao_Paulo'), ('America/Scoresbysund'),
    ('America/Shiprock'), ('America/Sitka'), ('America/St_Barthelemy'), ('America/St_Johns'), ('America/St_Kitts'), ('America/St_Lucia'),
    ('America/St_Thomas'), ('America/St_Vincent'), ('America/Swift_Current'), ('America/Tegucigalpa'), ('America/Thule'),
    ('America/Thunder_Bay'), ('America/Tijuana'), ('America/Toronto'), ('America/Tortola'), ('America/Vancouver'), ('America/Virgin'),
    ('America/Whitehorse'), ('America/Winnipeg'), ('America/Yakutat'), ('America/Yellowknife'), ('Antarctica/Casey'),
    ('Antarctica/Davis'), ('Antarctica/DumontDUrville'), ('Antarctica/Macquarie'), ('Antarctica/Mawson'), ('Antarctica/McMurdo'),
    ('Antarctica/Palmer'), ('Antarctica/Rothera'), ('Antarctica/South_Pole'), ('Antarctica/Syowa'), ('Antarctica/Troll'),
    ('Antarctica/Vostok'), ('Arctic/Longyearbyen'), ('Asia/Aden'), ('Asia/Almaty'), ('Asia/Amman'), ('Asia/Anadyr'), ('Asia/Aqtau'),
    ('Asia/Aqtobe'), ('Asia/Ashgabat'), ('Asia/Ashkhabad'), ('Asia/Atyrau'), ('Asia/Baghdad'), ('Asia/Bahrain'), ('Asia/Baku'),
    ('Asia/Bangkok'), ('Asia/Barnaul'), ('Asia/Beirut'), ('Asia/Bishkek'), ('Asia/Brunei'), ('Asia/Calcutta'), ('Asia/Chita'),
    ('Asia/Choibalsan'), ('Asia/Chongqing'), ('Asia/Chungking'), ('Asia/Colombo'), ('Asia/Dacca'), ('Asia/Damascus'), ('Asia/Dhaka'),
    ('Asia/Dili'), ('Asia/Dubai'), ('Asia/Dushanbe'), ('Asia/Famagusta'), ('Asia/Gaza'), ('Asia/Harbin'), ('Asia/Hebron'),
    ('Asia/Ho_Chi_Minh'), ('Asia/Hong_Kong'), ('Asia/Hovd'), ('Asia/Irkutsk'), ('Asia/Istanbul'), ('Asia/Jakarta'), ('Asia/Jayapura'),
    ('Asia/Jerusalem'), ('Asia/Kabul'), ('Asia/Kamchatka'), ('Asia/Karachi'), ('Asia/Kashgar'), ('Asia/Kathmandu'), ('Asia/Katmandu'),
    ('Asia/Khandyga'), ('Asia/Kolkata'), ('Asia/Krasnoyarsk'), ('Asia/Kuala_Lumpur'), ('Asia/Kuching'), ('Asia/Kuwait'), ('Asia/Macao'),
    ('Asia/Macau'), ('Asia/Magadan'), ('Asia/Makassar'), ('Asia/Manila'), ('Asia/Muscat'), ('Asia/Nicosia'), ('Asia/Novokuznetsk'),
    ('Asia/Novosibirsk'), ('Asia/Omsk'), ('Asia/Oral'), ('Asia/Phnom_Penh'), ('Asia/Pontianak'), ('Asia/Pyongyang'), ('Asia/Qatar'),
    ('Asia/Qostanay'), ('Asia/Qyzylorda'), ('Asia/Rangoon'), ('Asia/Riyadh'), ('Asia/Saigon'), ('Asia/Sakhalin'), ('Asia/Samarkand'),
    ('Asia/Seoul'), ('Asia/Shanghai'), ('Asia/Singapore'), ('Asia/Srednekolymsk'), ('Asia/Taipei'), ('Asia/Tashkent'), ('Asia/Tbilisi'),
    ('Asia/Tehran'), ('Asia/Tel_Aviv'), ('Asia/Thimbu'), ('Asia/Thimphu'), ('Asia/Tokyo'), ('Asia/Tomsk'), ('Asia/Ujung_Pandang'),
    ('Asia/Ulaanbaatar'), ('Asia/Ulan_Bator'), ('Asia/Urumqi'), ('Asia/Ust-Nera'), ('Asia/Vientiane'), ('Asia/Vladivostok'),
    ('Asia/Yakutsk'), ('Asia/Yangon'), ('Asia/Yekaterinburg'), ('Asia/Yerevan'), ('Atlantic/Azores'), ('Atlantic/Bermuda'),
    ('Atlantic/Canary'), ('Atlantic/Cape_Verde'), ('Atlantic/Faeroe'), ('Atlantic/Faroe'), ('Atlantic/Jan_Mayen'), ('Atlantic/Madeira'),
    ('Atlantic/Reykjavik'), ('Atlantic/South_Georgia'), ('Atlantic/St_Helena'), ('Atlantic/Stanley'), ('Australia/ACT'),
    ('Australia/Adelaide'), ('Australia/Brisbane'), ('Australia/Broken_Hill'), ('Australia/Canberra'), ('Australia/Currie'),
    ('Australia/Darwin'), ('Australia/Eucla'), ('Australia/Hobart'), ('Australia/LHI'), ('Australia/Lindeman'), ('Australia/Lord_Howe'),
    ('Australia/Melbourne'), ('Australia/NSW'), ('Australia/North'), ('Australia/Perth'), ('Australia/Queensland'), ('Australia/South'),
    ('Australia/Sydney'), ('Australia/Tasmania'), ('Australia/Victoria'), ('Australia/West'), ('Australia/Yancowinna'), ('Brazil/Acre'),
    ('Brazil/DeNoronha'), ('Brazil/East'), ('Brazil/West'), ('CET'), ('CST6CDT'), ('Canada/Atlantic'), ('Canada/Central'),
    ('Canada/Eastern'), ('Canada/Mountain'), ('Canada/Newfoundland'), ('Canada/Pacific'), ('Canada/Saskatchewan'), ('Canada/Yukon'),
    ('Chile/Continental'), ('Chile/EasterIsland'), ('Cuba'), ('EET'), ('EST'), ('EST5EDT'), ('Egypt'), ('Eire'), ('Etc/GMT'),
    ('Etc/GMT+0'), ('Etc/GMT+1'), ('Etc/GMT+10'), ('Etc/GMT+11'), ('Etc/GMT+12'), ('Etc/GMT+2'), ('Etc/GMT+3'), ('Etc/GMT+4'),
    ('Etc/GMT+5'), ('Etc/GMT+6'), ('Etc/GMT+7'), ('Etc/GMT+8'), ('Etc/GMT+9'), ('Etc/GMT-0'), ('Etc/GMT-1'), ('Etc/GMT-10'),
    ('Etc/GMT-11'), ('Etc/GMT-12'), ('Etc/GMT-13'), ('Etc/GMT-14'), ('Etc/GMT-2'), ('Etc/GMT-3'), ('Etc/GMT-4'), ('Etc/GMT-5'),
    ('Etc/GMT-6'), ('Etc/GMT-7'), ('Etc/GMT-8'), ('Etc/GMT-9'), ('Etc/GMT0'), ('Etc/Greenwich'), ('Etc/UCT'), ('Etc/UTC'),
    ('Etc/Universal'), ('Etc/Zulu'), ('Europe/Amsterdam'), ('Europe/Andorra'), ('Europe/Astrakhan'), ('Europe/Athens'),
    ('Europe/Belfast'), ('Europe/Belgrade'), ('Europe/Berlin'), ('Europe/Bratislava'), ('Europe/Brussels'), ('Europe/Bucharest'),
    ('Europe/Budapest'), ('Europe/Busingen'), ('Europe/Chisinau'), ('Europe/Copenhagen'), ('Europe/Dublin'), ('Europe/Gibraltar'),
    ('Europe/Guernsey'), ('Europe/Helsinki'), ('Europe/Isle_of_Man'), ('Europe/Istanbul'), ('Europe/Jersey'), ('Europe/Kaliningrad'),
    ('Europe/Kiev'), ('Europe/Kirov'), ('Europe/Kyiv'), ('Europe/Lisbon'), ('Europe/Ljubljana'), ('Europe/London'), ('Europe/Luxembourg'),
    ('Europe/Madrid'), ('Europe/Malta'), ('Europe/Mariehamn'), ('Europe/Minsk'), ('Europe/Monaco'), ('Europe/Moscow'), ('Europe/Nicosia'),
    ('Europe/Oslo'), ('Europe/Paris'), ('Europe/Podgorica'), ('Europe/Prague'), ('Europe/Riga'), ('Europe/Rome'), ('Europe/Samara'),
    ('Europe/San_Marino'), ('Europe/Sarajevo'), ('Europe/Saratov'), ('Europe/Simferopol'), ('Europe/Skopje'), ('Europe/Sofia'),
    ('Europe/Stockholm'), ('Europe/Tallinn'), ('Europe/Tirane'), ('Europe/Tiraspol'), ('Europe/Ulyanovsk'), ('Europe/Uzhgorod'),
    ('Europe/Vaduz'), ('Europe/Vatican'), ('Europe/Vienna'), ('Europe/Vilnius'), ('Europe/Volgograd'), ('Europe/Warsaw'),
    ('Europe/Zagreb'), ('Europe/Zaporozhye'), ('Europe/Zurich'), ('GB'), ('GB-Eire'), ('GMT'), ('GMT+0'), ('GMT-0'), ('GMT0'),
    ('Greenwich'), ('HST'), ('Hongkong'), ('Iceland'), ('Indian/Antananarivo'), ('Indian/Chagos'), ('Indian/Christmas'), ('Indian/Cocos'),
    ('Indian/Comoro'), ('Indian/Kerguelen'), ('Indian/Mahe'), ('Indian/Maldives'), ('Indian/Mauritius'), ('Indian/Mayotte'),
    ('Indian/Reunion'), ('Iran'), ('Israel'), ('Jamaica'), ('Japan'), ('Kwajalein'), ('Libya'), ('MET'), ('MST'), ('MST7MDT'),
    ('Mexico/BajaNorte'), ('Mexico/BajaSur'), ('Mexico/General'), ('NZ'), ('NZ-CHAT'), ('Navajo'), ('PRC'), ('PST8PDT'), ('Pacific/Apia'),
    ('Pacific/Auckland'), ('Pacific/Bougainville'), ('Pacific/Chatham'), ('Pacific/Chuuk'), ('Pacific/Easter'), ('Pacific/Efate'),
    ('Pacific/Enderbury'), ('Pacific/Fakaofo'), ('Pacific/Fiji'), ('Pacific/Funafuti'), ('Pacific/Galapagos'), ('Pacific/Gambier'),
    ('Pacific/Guadalcanal'), ('Pacific/Guam'), ('Pacific/Honolulu'), ('Pacific/Johnston'), ('Pacific/Kanton'), ('Pacific/Kiritimati'),
    ('Pacific/Kosrae'), ('Pacific/Kwajalein'), ('Pacific/Majuro'), ('Pacific/Marquesas'), ('Pacific/Midway'), ('Pacific/Nauru'),
    ('Pacific/Niue'), ('Pacific/Norfolk'), ('Pacific/Noumea'), ('Pacific/Pago_Pago'), ('Pacific/Palau'), ('Pacific/Pitcairn'),
    ('Pacific/Pohnpei'), ('Pacific/Ponape'), ('Pacific/Port_Moresby'), ('Pacific/Rarotonga'), ('Pacific/Saipan'), ('Pacific/Samoa'),
    ('Pacific/Tahiti'), ('Pacific/Tarawa'), ('Pacific/Tongatapu'), ('Pacific/Truk'), ('Pacific/Wake'), ('Pacific/Wallis'),
    ('Pacific/Yap'), ('Poland'), ('Portugal'), ('ROC'), ('ROK'), ('Singapore'), ('Turkey'), ('UCT'), ('US/Alaska'), ('US/Aleutian'),
    ('US/Arizona'), ('US/Central'), ('US/East-Indiana'), ('US/Eastern'), ('US/Hawaii'), ('US/Indiana-Starke'), ('US/Michigan'),
    ('US/Mountain'), ('US/Pacific'), ('US/Samoa'), ('UTC'), ('Universal'), ('W-SU'), ('WET'), ('Zulu');

ALTER TABLE clinics ADD COLUMN created_at TIMESTAMPTZ, ADD COLUMN created_by UUID REFERENCES users (id),
    ADD COLUMN updated_at TIMESTAMPTZ, ADD COLUMN updated_by UUID REFERENCES users (id), ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

ALTER TABLE departments ADD COLUMN created_at TIMESTAMPTZ, ADD COLUMN created_by UUID REFERENCES users (id),
    ADD COLUMN updated_at TIMESTAMPTZ, ADD COLUMN updated_by UUID REFERENCES users (id), ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

ALTER TABLE specialties ADD COLUMN created_at TIMESTAMPTZ, ADD COLUMN created_by UUID REFERENCES users (id),
    ADD COLUMN updated_at TIMESTAMPTZ, ADD COLUMN updated_by UUID REFERENCES users (id), ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

ALTER TABLE services ADD COLUMN created_at TIMESTAMPTZ, ADD COLUMN created_by UUID REFERENCES users (id),
    ADD COLUMN updated_at TIMESTAMPTZ, ADD COLUMN updated_by UUID REFERENCES users (id), ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

ALTER TABLE service_points ADD COLUMN created_at TIMESTAMPTZ, ADD COLUMN created_by UUID REFERENCES users (id),
    ADD COLUMN updated_at TIMESTAMPTZ, ADD COLUMN updated_by UUID REFERENCES users (id), ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

ALTER TABLE insurers ADD COLUMN created_at TIMESTAMPTZ, ADD COLUMN created_by UUID REFERENCES users (id),
    ADD COLUMN updated_at TIMESTAMPTZ, ADD COLUMN updated_by UUID REFERENCES users (id), ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

ALTER TABLE hospital ADD COLUMN updated_by UUID REFERENCES users (id), ADD COLUMN website TEXT NOT NULL DEFAULT '',
    ADD COLUMN age_of_majority BIGINT NOT NULL DEFAULT 18,
    ADD CONSTRAINT hospital_age_of_majority CHECK (age_of_majority BETWEEN 14 AND 25),
    -- The hospital was not founded after the row was written.
    ADD CONSTRAINT hospital_established CHECK (established_year IS NULL
        OR established_year BETWEEN 1000 AND date_part('year', updated_at AT TIME ZONE 'UTC')::bigint);

ALTER TABLE clinics ADD COLUMN latitude_microdegrees BIGINT, ADD COLUMN longitude_microdegrees BIGINT,
    ADD COLUMN directions TEXT NOT NULL DEFAULT '',
    ADD CONSTRAINT clinics_latitude CHECK (latitude_microdegrees BETWEEN -90000000 AND 90000000),
    ADD CONSTRAINT clinics_longitude CHECK (longitude_microdegrees BETWEEN -180000000 AND 180000000),
    ADD CONSTRAINT clinics_coordinates CHECK ((latitude_microdegrees IS NULL) = (longitude_microdegrees IS NULL)),
    ADD CONSTRAINT clinics_directions CHECK (length(directions) <= 1000),
    -- Older rows may have another name; they are corrected in the pages.
    ADD CONSTRAINT clinics_zone_known FOREIGN KEY (time_zone) REFERENCES time_zones (name) NOT VALID;
ALTER TABLE departments ADD COLUMN description TEXT NOT NULL DEFAULT '',
    ADD CONSTRAINT departments_description CHECK (length(description) <= 1000);
ALTER TABLE specialties ADD COLUMN requirements TEXT NOT NULL DEFAULT '',
    ADD CONSTRAINT specialties_requirements CHECK (length(requirements) <= 1000);

CREATE UNIQUE INDEX clinics_one_code ON clinics (upper(code));
CREATE UNIQUE INDEX departments_one_code ON departments (upper(code));
CREATE UNIQUE INDEX services_one_letter ON services (clinic_id, upper(token_letter));

-- Confirmations that only a person can give: the key file was copied, backups are made.
CREATE TABLE setup_confirmations (
    what         TEXT PRIMARY KEY NOT NULL CHECK (what IN ('key_file', 'backup')),
    -- For the key file: the version of the key that was copied.
    key_version  BIGINT,
    confirmed_at TIMESTAMPTZ NOT NULL,
    confirmed_by UUID NOT NULL REFERENCES users (id)
);

-- Rows that hang on master data, without their patients: read with the owner's rights.
CREATE VIEW coming_bookings AS
SELECT clinic_id, service_id, doctor_id, starts_at, ends_at FROM appointments
WHERE state IN ('held', 'booked', 'checked_in', 'in_consultation');
CREATE VIEW places_in_use AS SELECT service_point_id FROM queue_entries WHERE closed_at IS NULL AND service_point_id IS NOT NULL;
CREATE VIEW covers_in_force AS SELECT insurer_id, valid_to FROM coverages WHERE ended_at IS NULL;
CREATE VIEW amounts_charged AS SELECT 1 AS one FROM charges;
CREATE INDEX user_roles_by_clinic ON user_roles (clinic_id) WHERE clinic_id IS NOT NULL;
-- In SQLite a table with a trigger looks, at each insert, for rows that refer to the new one.
CREATE INDEX queue_entries_by_previous ON queue_entries (previous_id) WHERE previous_id IS NOT NULL;
CREATE INDEX coverages_by_insurer ON coverages (insurer_id) WHERE ended_at IS NULL;
REVOKE INSERT, UPDATE, DELETE ON time_zones, coming_bookings, places_in_use, covers_in_force, amounts_charged FROM infirmary_app;

-- The guards read the rows of all patients: they run with the owner's rights. Retiring locks the row first (a row trigger does), and what
-- would hang on it waits for that lock (FOR SHARE): one of the two sees the other.
CREATE FUNCTION refuse(guard text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', guard USING ERRCODE = 'check_violation', CONSTRAINT = guard;
END $$;

CREATE FUNCTION hospital_currency_fixed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM charges) THEN
        PERFORM refuse('hospital_currency_fixed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hospital_currency_fixed BEFORE UPDATE OF currency ON hospital FOR EACH ROW
WHEN (NEW.currency <> OLD.currency) EXECUTE FUNCTION hospital_currency_fixed();

-- A service belongs to one clinic and one department for good: bookings, tokens and doctors' hours rest on it.
CREATE FUNCTION master_data_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse(TG_NAME::text);
    RETURN NEW;
END $$;
CREATE TRIGGER services_fixed BEFORE UPDATE OF clinic_id, department_id ON services FOR EACH ROW
WHEN (NEW.clinic_id <> OLD.clinic_id OR NEW.department_id <> OLD.department_id) EXECUTE FUNCTION master_data_fixed();
CREATE TRIGGER service_points_fixed BEFORE UPDATE OF clinic_id ON service_points FOR EACH ROW
WHEN (NEW.clinic_id <> OLD.clinic_id) EXECUTE FUNCTION master_data_fixed();

CREATE FUNCTION services_letter_in_use() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM queue_entries q WHERE q.service_id = NEW.id AND q.closed_at IS NULL) THEN
        PERFORM refuse('services_letter_in_use');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER services_letter_in_use BEFORE UPDATE OF token_letter ON services FOR EACH ROW
WHEN (NEW.token_letter <> OLD.token_letter) EXECUTE FUNCTION services_letter_in_use();

-- A row is retired when nothing hangs on it any more.
CREATE FUNCTION clinics_in_use() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- Two clinics that are retired at once: the second sees the first.
    PERFORM pg_advisory_xact_lock(hashtextextended(E'clinics_in_use\n', 0));
    IF EXISTS (SELECT 1 FROM services s WHERE s.clinic_id = NEW.id AND s.retired_at IS NULL)
        OR EXISTS (SELECT 1 FROM service_points p WHERE p.clinic_id = NEW.id AND p.retired_at IS NULL)
        OR NOT EXISTS (SELECT 1 FROM clinics c WHERE c.id <> NEW.id AND c.retired_at IS NULL) THEN
        PERFORM refuse('clinics_in_use');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION departments_in_use() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM services s WHERE s.department_id = NEW.id AND s.retired_at IS NULL)
        OR EXISTS (SELECT 1 FROM staff p WHERE p.department_id = NEW.id AND p.retired_at IS NULL) THEN
        PERFORM refuse('departments_in_use');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION services_in_use() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM queue_entries q WHERE q.service_id = NEW.id AND q.closed_at IS NULL)
        OR EXISTS (SELECT 1 FROM service_points p WHERE p.service_id = NEW.id AND p.retired_at IS NULL)
        OR EXISTS (SELECT 1 FROM appointments a WHERE a.clinic_id = NEW.clinic_id AND a.service_id = NEW.id AND a.ends_at > NEW.retired_at
            AND a.starts_at >= NEW.retired_at - INTERVAL '1 day' AND a.state IN ('held', 'booked', 'checked_in', 'in_consultation')) THEN
        PERFORM refuse('services_in_use');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION service_points_in_use() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM queue_entries q WHERE q.service_point_id = NEW.id AND q.closed_at IS NULL) THEN
        PERFORM refuse('service_points_in_use');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION specialties_in_use() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM staff_specialties k JOIN staff p ON p.id = k.staff_id
        WHERE k.specialty_id = NEW.id AND p.retired_at IS NULL) THEN
        PERFORM refuse('specialties_in_use');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION insurers_in_use() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM coverages c WHERE c.insurer_id = NEW.id AND c.ended_at IS NULL
        AND (c.valid_to IS NULL OR c.valid_to >= (NEW.retired_at AT TIME ZONE 'UTC')::date)) THEN
        PERFORM refuse('insurers_in_use');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER clinics_in_use BEFORE UPDATE OF retired_at ON clinics FOR EACH ROW
WHEN (NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL) EXECUTE FUNCTION clinics_in_use();
CREATE TRIGGER departments_in_use BEFORE UPDATE OF retired_at ON departments FOR EACH ROW
WHEN (NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL) EXECUTE FUNCTION departments_in_use();
CREATE TRIGGER services_in_use BEFORE UPDATE OF retired_at ON services FOR EACH ROW
WHEN (NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL) EXECUTE FUNCTION services_in_use();
CREATE TRIGGER service_points_in_use BEFORE UPDATE OF retired_at ON service_points FOR EACH ROW
WHEN (NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL) EXECUTE FUNCTION service_points_in_use();
CREATE TRIGGER specialties_in_use BEFORE UPDATE OF retired_at ON specialties FOR EACH ROW
WHEN (NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL) EXECUTE FUNCTION specialties_in_use();
CREATE TRIGGER insurers_in_use BEFORE UPDATE OF retired_at ON insurers FOR EACH ROW
WHEN (NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL) EXECUTE FUNCTION insurers_in_use();

-- Nothing new hangs on a retired row.
CREATE FUNCTION services_parents_open() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    clinic_retired timestamptz;
    department_retired timestamptz;
BEGIN
    SELECT retired_at INTO clinic_retired FROM clinics WHERE id = NEW.clinic_id FOR SHARE;
    SELECT retired_at INTO department_retired FROM departments WHERE id = NEW.department_id FOR SHARE;
    IF clinic_retired IS NOT NULL OR department_retired IS NOT NULL THEN
        PERFORM refuse('parent_retired');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER services_parents_open BEFORE INSERT ON services FOR EACH ROW
WHEN (NEW.retired_at IS NULL) EXECUTE FUNCTION services_parents_open();
CREATE TRIGGER services_parents_open_update BEFORE UPDATE OF retired_at ON services FOR EACH ROW
WHEN (NEW.retired_at IS NULL) EXECUTE FUNCTION services_parents_open();

CREATE FUNCTION service_points_parents_open() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    clinic_retired timestamptz;
    service record;
BEGIN
    SELECT retired_at INTO clinic_retired FROM clinics WHERE id = NEW.clinic_id FOR SHARE;
    IF clinic_retired IS NOT NULL THEN
        PERFORM refuse('parent_retired');
    END IF;
    IF NEW.service_id IS NOT NULL THEN
        SELECT retired_at, clinic_id INTO service FROM services WHERE id = NEW.service_id FOR SHARE;
        IF service.retired_at IS NOT NULL OR service.clinic_id <> NEW.clinic_id THEN
            PERFORM refuse('parent_retired');
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER service_points_parents_open BEFORE INSERT ON service_points FOR EACH ROW
WHEN (NEW.retired_at IS NULL) EXECUTE FUNCTION service_points_parents_open();
CREATE TRIGGER service_points_parents_open_update BEFORE UPDATE OF retired_at, service_id ON service_points FOR EACH ROW
WHEN (NEW.retired_at IS NULL) EXECUTE FUNCTION service_points_parents_open();

CREATE FUNCTION service_open() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    retired timestamptz;
BEGIN
    SELECT retired_at INTO retired FROM services WHERE id = NEW.service_id FOR SHARE;
    IF retired IS NOT NULL THEN
        PERFORM refuse('service_retired');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER appointments_service_open BEFORE INSERT ON appointments FOR EACH ROW
WHEN (NEW.state IN ('held', 'booked')) EXECUTE FUNCTION service_open();
CREATE TRIGGER queue_entries_service_open BEFORE INSERT ON queue_entries FOR EACH ROW
WHEN (NEW.closed_at IS NULL) EXECUTE FUNCTION service_open();

CREATE FUNCTION insurer_open() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    retired timestamptz;
BEGIN
    SELECT retired_at INTO retired FROM insurers WHERE id = NEW.insurer_id FOR SHARE;
    IF retired IS NOT NULL THEN
        PERFORM refuse('insurer_retired');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER coverages_insurer_open BEFORE INSERT ON coverages FOR EACH ROW
WHEN (NEW.ended_at IS NULL) EXECUTE FUNCTION insurer_open();
