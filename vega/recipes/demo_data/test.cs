Implementovaná makra zahrnují:
Klepněte na nástroj na nástrojové liště, například na Tlačítko.
Odstraní vybranou proměnnou ze seznamu sledovaných proměnných.
Úprava hodnoty sledované proměnné
Zobrazuje seznam sledovaných proměnných.
Otevře dialog Makro.
Přejde zpět na předchozí proceduru v aktuálním makru.
Zobrazí dialogové okno obsahující zprávu.
Následující funkce určují délku řetězce a porovnávají řetězce.
Následující funkce opakují obsah řetězců.
Po potvrzení odstraní aktuální list.
Smaže aktuální list.
Zavře dialogové okno. Žádné odstranění se neprovede.
V některých příkladech je použita následující tabulka hodnot:
Statistické funkce jsou popsány v následujících oddílech.
Např. v následující tabulce:
Klepněte na typ vybraného zdroje dat.
Máte na výběr z následujících ikon:
Zvuk nebo video
Zvolte Data - Konsolidovat a otevře se dialogové okno Konsolidovat.
Vyberte další oblasti a každou přidejte klepnutím na Přidat.
V poli Funkce vyberte požadovanou funkci.
Data - Konsolidovat
Definování databázové oblasti
Definování databázové oblasti
Zvolte Data - Definovat oblast.
Nastavte volby pro tuto databázovou oblast.
Ukotvení řádků a sloupců jako záhlaví
Zobrazit - Rozdělit okno
Modré čáry označující zalomení stránky můžete přetahovat myší.
Průvodce grafem - Oblast dat
Tento postup lze opakovat.
Lišta Čára a výplň
Objeví se, pokud umístíte kurzor do tabulky.
Lišta Upravit body
Nástrojová lišta Písmomalba se otevře, vyberete-li odpovídající objekt.
Obsahuje informace s popisem dokumentu.
Umožňuje přidat do dokumentu vlastní pole s informacemi.
Nastaví možnosti zaheslování aktuálního dokumentu.
Vyberte styl rámce obrázku.
Vloží vybraný soubor s obrázkem jako odkaz.
Některé typy objektů nelze označit dohromady.
Zarovná svisle dolní okraje vybraných objektů.
Použije na aktuální odstavec jednoduché řádkování.
Práce se skupinami
Můžete nastavit až osm různých zdrojů světla.
Vyberte barvu v dialogu barev
Vyberte barvu v dialogu barev
Zobrazí náhled změn světelného zdroje.
Odrážky a číslování
Dialogové okno Odrážky a číslování má následující karty:
Seznam dostupných kategorií funkcí.
Pokud chcete přiřadit klávesovou zkratku stylu, otevřete kategorii "Styly".
Musíte zadat jedinečný název.
Název typu souboru
Zadejte komentář (volitelné).
Zvolte typ externího adresáře
Ne všechny typy jsou dostupné na všech systémech
Jiný externí zdroj dat
Ukončí průvodce bez uskutečnění jakýchkoliv změn.
Zobrazení, ukotvení a skrytí oken
K ukotvení okna vám pomůže některá z následujících možností:
Vytváření a tisk štítků a vizitek
Návrh vizitek v dialogu
Vytváření štítků a vizitek
Na kartě Štítky v části Formát určete formát štítků.
Také můžete přidat jiné, vlastní formáty.
Také můžete zadat mezery a jiné neměnné texty.
To je možné, pokud zvolíte v seznamu Typ položku "Uživatelský".
Klepněte na ikonu Čára a otevře se dialog Čára.
Tabulky, rámce a vícesloupcové formátování
Hypertextové odkazy a záložky
Odsazení tabulátoru, řádku a odstavce
Ostatní šifrovací metody nejsou podporovány.
Zobrazí všeobecné informace o programu jako číslo verze a autorská práva.
Vytvoří v aktuální dokumentu graf.
Vloží novou tabulku do aktuálního snímku nebo stránky.
Jsou-li vyžadovány, můžete je instalovat nyní.
Vodítka do popředíVodítka do popředí
Kopírovat seznam z
Určuje, zda jsou spojení sdílená.
Zobrazuje seznam ovladačů a údajů o spojení.
Aktuálně zvolený ovladač v seznamu.
Povolit sdílení pro tento ovladač
Smaže aktuální vrstvu.
Zobrazí styly pro formátování grafických prvků, včetně textových objektů.
Nastaví vzdálenosti čar pro spojnice.
Vyberte pro neustálé opakování zvuku až do spuštění nového zvukového efektu.
Zobrazí náhled vybraného přechodu.
Vyberte, pokud chcete v dokumentu automaticky zobrazovat přechody mezi snímky.
Určí rozšíření pro vybraný efekt.
Neztmavovat - žádný efekt po animaci.
Písmeno za písmenem - bude animovat text písmeno po písmenu.
Prodleva mezi znaky
Existují čtyři druhy spojnic:
Čárová (dvě ohnutí)
Spojnice začíná šipkou
Spojnice končí šipkou
Spojnice se šipkami
Spojnice začíná kružnicí
Spojnice končí kružnicí
Spojnice s kružnicemi
Nakreslí spojnici, která se ohýbá poblíž bodu spojení.
Čárová spojnice začíná šipkou
Čárová spojnice šipky
Čárová spojnice začíná kružnicí
Čárová spojnice s kružnicí
Nakreslí přímou spojnici.
Nakreslí přímou spojnici s šipkami na obou koncích.
Přímá spojnice končí kružnicí
Přímá spojnice s kružnicí
Nakreslí přímou spojnici s kružnicemi na obou koncích.
Nakreslí zakřivenou spojnici.
Zakřivená spojnice začíná šipkou
Zakřivená spojnice se šipkou
Nakreslí zakřivenou spojnici s šipkami na obou koncích.
Zakřivená spojnice začíná kružnicí
Zakřivená spojnice s kružnicí
Nakreslí zakřivenou spojnici s kružnicemi na obou koncích.
Pro úpravu segmentu křivky:
Pro změnu velikosti křivky přetáhněte datový bod.
Přetáhněte řídící bod.
Pro rozdělení křivky:
Pro vytvoření uzavřeného tvaru:
Na liště Upravit body klepněte na ikonu Uzavřít Bézierovu křivku.
Pro převedení datového bodu na křivce:
Pro přidání datového bodu:
Na liště Upravit body klepněte na ikonu Vložit body.
Pro odstranění datového bodu:
Klepněte na bod, který chcete odstranit.
Na liště Upravit body klepněte na ikonu Odstranit body.
Posune kurzor na další chybu (doprava).
Vloží horní index nalevo od zástupného znaku.
Vloží horní index nad zástupný znak.
Vloží vertikální zásobník se dvěma zástupnými znaky.
Vloží do dokumentu nový řádek.
Vloží dolní index nalevo od zástupného znaku.
Vloží dolní index pod zástupný znak.
Vloží vertikální zásobník se třemi zástupnými znaky.
Také můžete napsat ` v okně Příkazy.
Tato ikona přiřadí "a" zarovnání vpravo a vloží zástupný znak.
Vloží mezeru mezi dva zástupné znaky.
Poznámka: text musí být vždy uzavřen do uvozovek.
Indexy a exponenty
Práce s mezemi
Nyní je vzorec kompletní.
Klepněte do vstupního okna a zadejte následující řádek:
Příklad mezí integrálu a sumy
Přímé zadání vzorce
Vytvoření vzorce v okně Příkazy
Vzorce v kontextu
Pro každý záznam bude vytištěn jeden dopis.
Zpracuje všechny záznamy z databáze.
Zpracuje pouze záznamy označené v databázi.
Uloží dopisy s poli do souborů.
Otevře dialog Vybrat cestu.
Zadejte nadpis pro vybraný rejstřík.
Zamknuto proti ručním změnám
Zabrání změnám obsahu rejstříku.
Vloží odkaz na použitou literaturu.
Vloží odkaz z databáze literatury.
Vloží do textu odkaz na použitou literaturu.
Takový záznam je uložen pouze v dokumentu.
Určení podmínky pro podmíněné styly.
Také můžete vybrat vlastní styl.
Uživatelský nadpis (použít styl)
Zarovnání k tělu textu
Posune oslovení nahoru.
Posune oslovení dolů.
Vyberte přiblížení pro náhled tisku.
Klepnutím otevřete dialog Pole.
Je možné vybírat z následujících funkcí:
Chcete-li vytvořit popisek, postupujte takto:
Zvolte Vložit - Popisek.
Formátování rejstříku nebo obsahu
Použití různých stylů odstavce na úrovně rejstříku
Klepněte na kartu Styly.
V seznamu Úrovně klepněte na úroveň rejstříku.
Přiřazení hypertextového odkazu položce obsahu
Klepněte na kartu Položky.
V sešitu klepněte na graf.
Objeví se osm úchytů.
Přetáhněte graf ze sešitu do textového dokumentu.
Pro úpravu dat poklepejte do grafu.
Jako cíl mohou být použity objekty s titulky a záložky.
Zvolte Vložit - Křížový odkaz.
V seznamu Typ vyberte "Nastavit odkaz".
Do pole Název napište název cíle.
Vybraný text je zobrazen v poli Hodnota.
Dialog nechte otevřený a přejděte k další části.
Vložení křížového odkazu na cíl
V seznamu Typ vyberte „Vložit referenci“.
Po ukončení klepněte na tlačítko Zavřít.
Používání křížových odkazů u objektů
Změna velkých a malých písmen v textu
Změna textu na velká písmena
Změna textu na malá písmena
Zvolte Zobrazit - Nástrojové lišty - Vlastnosti objektu kresby.
Ovládací prvky jsou dostupné, když je označena kresba.
Lišta Odrážky a číslování
