-- The Brighton score for children (PEWS), locked until the hospital confirms it: points as in the table "The Brighton score" of Arch Dis Child Educ Pract,
-- whose source is Monaghan A. Detecting and managing deterioration in children. Paediatr Nurs 2005;17(1):32-35. Bands and times are our own.
ALTER TABLE assessment_tools ADD COLUMN to_age BIGINT CONSTRAINT assessment_tools_ages CHECK (to_age > from_age);
INSERT INTO assessment_tools (id, code, version, name, source, owner, from_age, to_age) VALUES
    ('02ff349d-4f87-4aa3-9c2b-9d9f2ae75e2e', 'pews', 1, 'Brighton Paediatric Early Warning Score', 'Monaghan A. Paediatr Nurs 2005;17(1):32-35; bands and times are the hospital''s own',
        'Brighton and Sussex University Hospitals NHS Trust; the hospital checks it against the paper and its own ranges', 0, 16);
INSERT INTO assessment_items (id, tool_id, nth, name_en, name_es) VALUES
    ('e7158a80-21f6-4544-a06c-85afbaec4ef7', '02ff349d-4f87-4aa3-9c2b-9d9f2ae75e2e', 1, 'Behaviour', 'Comportamiento'),
    ('3c7ba9e3-8be9-494d-bc95-ad20819ed6b6', '02ff349d-4f87-4aa3-9c2b-9d9f2ae75e2e', 2, 'Heart and circulation', 'Corazón y circulación'),
    ('8eca7365-7965-40fe-8d31-7c68022dd18d', '02ff349d-4f87-4aa3-9c2b-9d9f2ae75e2e', 3, 'Breathing', 'Respiración'),
    ('a71dba49-5552-4a89-9ab4-fcb8093f36eb', '02ff349d-4f87-4aa3-9c2b-9d9f2ae75e2e', 4, 'Nebuliser every quarter of an hour, or lasting vomiting after surgery', 'Nebulización cada cuarto de hora, o vómitos persistentes tras cirugía');
INSERT INTO assessment_choices (id, item_id, nth, points, name_en, name_es) VALUES
    ('8fde5639-132a-49cf-a7cd-95a026af91d1', 'e7158a80-21f6-4544-a06c-85afbaec4ef7', 1, 0, 'Playing, or as usual', 'Juega, o como siempre'),
    ('4f7b56bf-5572-4a8a-afa2-d07c1121a14d', 'e7158a80-21f6-4544-a06c-85afbaec4ef7', 2, 1, 'Asleep', 'Duerme'),
    ('7f8eb333-5f06-4fe2-ac84-eb6aaa32241c', 'e7158a80-21f6-4544-a06c-85afbaec4ef7', 3, 2, 'Irritable', 'Irritable'),
    ('ad1885a3-7130-40c4-b974-497269842a22', 'e7158a80-21f6-4544-a06c-85afbaec4ef7', 4, 3, 'Lethargic or confused, or reacts less to pain', 'Letárgico o confuso, o responde menos al dolor'),
    ('1cfac13b-6d1e-46f0-8a35-dec1881f60dc', '3c7ba9e3-8be9-494d-bc95-ad20819ed6b6', 1, 0, 'Pink, or capillary refill 1 to 2 s', 'Rosado, o relleno capilar de 1 a 2 s'),
    ('a4726041-ac37-4eed-8bca-49d9622de24c', '3c7ba9e3-8be9-494d-bc95-ad20819ed6b6', 2, 1, 'Pale, or capillary refill 3 s', 'Pálido, o relleno capilar de 3 s'),
    ('607fa717-22a4-4c6f-98d1-2f2491df3dbe', '3c7ba9e3-8be9-494d-bc95-ad20819ed6b6', 3, 2, 'Grey, capillary refill 4 s, or pulse 20 above the usual', 'Gris, relleno capilar de 4 s, o pulso 20 sobre lo habitual'),
    ('334cf5f9-5944-4da7-ac8d-3f9a794085f1', '3c7ba9e3-8be9-494d-bc95-ad20819ed6b6', 4, 3, 'Grey and mottled, capillary refill 5 s or more, pulse 30 above the usual, or slow pulse', 'Gris y moteado, relleno capilar de 5 s o más, pulso 30 sobre lo habitual, o pulso lento'),
    ('790f143c-783e-48c5-8938-600d475df378', '8eca7365-7965-40fe-8d31-7c68022dd18d', 1, 0, 'As usual, no recession and no tracheal tug', 'Como siempre, sin tiraje'),
    ('5457f3f2-6d83-4382-b3c9-4512f1caee9b', '8eca7365-7965-40fe-8d31-7c68022dd18d', 2, 1, 'More than 10 above the usual, accessory muscles, or 30 % oxygen and more', 'Más de 10 sobre lo habitual, músculos accesorios, u oxígeno al 30 % o más'),
    ('196e5ce0-1424-4f98-b2f8-068d3830ab6e', '8eca7365-7965-40fe-8d31-7c68022dd18d', 3, 2, 'More than 20 above the usual, recession or tracheal tug, or 40 % oxygen and more', 'Más de 20 sobre lo habitual, tiraje, u oxígeno al 40 % o más'),
    ('44bbd733-46c7-4355-b753-148bdb0f4e74', '8eca7365-7965-40fe-8d31-7c68022dd18d', 4, 3, '5 below the usual with recession or tracheal tug, grunting, or 50 % oxygen', '5 bajo lo habitual con tiraje, quejido, u oxígeno al 50 %'),
    ('9a7bbd4e-61f3-4bb3-9ac3-1b486deb0cdb', 'a71dba49-5552-4a89-9ab4-fcb8093f36eb', 1, 0, 'No', 'No'),
    ('c6365aed-4725-49bd-b5f9-e1e4ccab2da5', 'a71dba49-5552-4a89-9ab4-fcb8093f36eb', 2, 2, 'Yes', 'Sí');
INSERT INTO assessment_bands (id, tool_id, low, high, risk, again_hours) VALUES
    ('32833106-536e-45df-80b2-d002cc92d33d', '02ff349d-4f87-4aa3-9c2b-9d9f2ae75e2e', 0, 2, 'low', 4),
    ('f08db22f-d293-456a-b170-fab23d90fbac', '02ff349d-4f87-4aa3-9c2b-9d9f2ae75e2e', 3, 3, 'medium', 1),
    ('f3faa8e8-79ea-4723-8ad5-cfbc1d74bd1c', '02ff349d-4f87-4aa3-9c2b-9d9f2ae75e2e', 4, 4, 'high', 1),
    ('3ce1268c-9c80-42e3-bfec-3fee8ed2305d', '02ff349d-4f87-4aa3-9c2b-9d9f2ae75e2e', 5, 11, 'severe', 1);
